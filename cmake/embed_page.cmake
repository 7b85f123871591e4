# Writes a C++ source that holds the report's page.
# Run as: cmake -DPAGE=... -DOUTPUT=... -P embed_page.cmake
file(READ "${PAGE}" text)
set(source "#include \"report/report_page.h\"\n\nnamespace sparkify {\n\n")
string(APPEND source "std::string_view embedded_report_template() {\n  return ")
# Compilers are only asked to take 65,536 characters in one literal; several beside each other are one.
string(LENGTH "${text}" rest)
set(at 0)
while(at LESS rest)
  string(SUBSTRING "${text}" ${at} 16000 piece)
  string(APPEND source "R\"sparkify_page(${piece})sparkify_page\"\n         ")
  math(EXPR at "${at} + 16000")
endwhile()
string(APPEND source ";\n}\n\n}  // namespace sparkify\n")
file(WRITE "${OUTPUT}.new" "${source}")
file(COPY_FILE "${OUTPUT}.new" "${OUTPUT}" ONLY_IF_DIFFERENT)
