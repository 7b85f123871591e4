#include "sql/sql_library.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace sparkify {

namespace {

constexpr std::string_view kMacroLine = "-- macro: ";
constexpr std::string_view kDialectFolder = "dialects/";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool is_dialect(std::string_view name) {
  const std::string file = std::string(kDialectFolder) + std::string(name);
  const auto files = embedded_sql_files();
  return std::any_of(files.begin(), files.end(),
                     [&file](const SqlFile& each) { return each.name == file; });
}

/// The folder of `path` that is called like a dialect: what is in it is for that one alone.
std::optional<std::string_view> dialect_folder(std::string_view path) {
  while (true) {
    const std::size_t end = path.find('/');
    if (end == std::string_view::npos) return std::nullopt;
    if (is_dialect(path.substr(0, end))) return path.substr(0, end);
    path.remove_prefix(end + 1);
  }
}

/// Takes the first line off `text`.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

SqlModel parse_model(std::string_view path, std::string text) {
  SqlModel model;
  model.name = path.substr(path.rfind('/') + 1);
  std::string_view rest = text;
  while (rest.starts_with("--")) {
    std::string_view line = take_line(rest).substr(2);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    model.header.emplace(trimmed(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  }
  model.text = std::move(text);
  return model;
}

std::string_view without_header(std::string_view text) {
  while (text.starts_with("--")) take_line(text);
  return trimmed(text);
}

/// None: there is no such file.
const SqlFile* embedded_file(std::string_view name) {
  const auto files = embedded_sql_files();
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const SqlFile& file) { return file.name == name; });
  return found == files.end() ? nullptr : &*found;
}

}  // namespace

std::string_view SqlModel::get(std::string_view key) const {
  const auto found = header.find(key);
  return found == header.end() ? std::string_view() : std::string_view(found->second);
}

Result<std::string> render_sql(std::string_view text, const SqlMacros& macros) {
  std::string out;
  while (true) {
    const std::size_t open = text.find("{{");
    out += text.substr(0, open);
    if (open == std::string_view::npos) return out;
    const std::size_t close = text.find("}}", open);
    if (close == std::string_view::npos) {
      return make_error(ErrorKind::internal, "SQL text with `{{` and no `}}`");
    }
    const std::string_view name = trimmed(text.substr(open + 2, close - open - 2));
    const auto macro = macros.find(name);
    if (macro == macros.end()) {
      return make_error(ErrorKind::internal, fmt::format("SQL text uses unknown macro `{}`", name));
    }
    out += macro->second;
    text.remove_prefix(close + 2);
  }
}

Result<SqlMacros> parse_dialect(std::string_view text) {
  SqlMacros macros;
  std::string name;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line.starts_with(kMacroLine)) {
      name = trimmed(line.substr(kMacroLine.size()));
      if (!macros.emplace(name, "").second) {
        return make_error(ErrorKind::internal, fmt::format("macro `{}` is defined twice", name));
      }
    } else if (!name.empty() && !line.starts_with("--")) {
      macros[name] += std::string(line) + "\n";
    }
  }
  for (auto& [key, value] : macros) value = trimmed(value);
  return macros;
}

Result<SqlLibrary> SqlLibrary::open(std::string_view dialect) {
  const SqlFile* dialect_file = embedded_file(std::string(kDialectFolder) + std::string(dialect));
  if (dialect_file == nullptr) {
    return make_error(ErrorKind::internal, fmt::format("there is no SQL dialect `{}`", dialect));
  }
  TRY_ASSIGN(SqlMacros macros, parse_dialect(dialect_file->text));
  SqlLibrary library;
  library.dialect_ = dialect;
  for (const SqlFile& file : embedded_sql_files()) {
    // What a template needs more is known only when it is used.
    if (file.name.starts_with(kDialectFolder) || file.name.starts_with("templates/")) continue;
    const auto only_for = dialect_folder(file.name);
    if (only_for && *only_for != dialect) continue;
    TRY_ASSIGN(std::string text, render_sql(file.text, macros));
    library.files_.emplace(file.name, parse_model(file.name, std::move(text)));
  }
  library.use_own(dialect);
  library.macros_ = std::move(macros);
  for (auto& [path, model] : library.files_) {
    if (model.get("load").empty()) continue;
    const SqlMacros more{{"table", std::string(model.get("model"))},
                         {"key", std::string(model.get("key"))},
                         {"select", std::string(without_header(model.text))}};
    TRY_ASSIGN(model.header["statement"], library.fill_template(model.get("load"), more));
  }
  return library;
}

void SqlLibrary::use_own(std::string_view dialect) {
  const std::string folder = "/" + std::string(dialect) + "/";
  for (auto file = files_.begin(); file != files_.end();) {
    std::string common = file->first;
    const std::size_t at = common.find(folder);
    if (at != std::string::npos) common.erase(at, folder.size() - 1);
    const auto found = at == std::string::npos ? files_.end() : files_.find(common);
    if (found == files_.end()) {
      ++file;
      continue;
    }
    found->second = std::move(file->second);
    file = files_.erase(file);
  }
}

Result<std::string> SqlLibrary::fill_template(std::string_view name, const SqlMacros& more) const {
  const SqlFile* file = embedded_file(fmt::format("templates/{}/{}", dialect_, name));
  if (file == nullptr) file = embedded_file(fmt::format("templates/{}", name));
  if (file == nullptr) {
    return make_error(ErrorKind::internal, fmt::format("there is no SQL template {}", name));
  }
  SqlMacros macros = more;
  macros.insert(macros_.begin(), macros_.end());
  return render_sql(without_header(file->text), macros);
}

std::string_view SqlLibrary::get(std::string_view name) const {
  const auto found = files_.find(name);
  SPARKIFY_ASSERT(found != files_.end());
  return found->second.text;
}

std::vector<SqlModel> SqlLibrary::folder(std::string_view name) const {
  std::vector<SqlModel> models;
  const std::string prefix = std::string(name) + "/";
  for (const auto& [path, model] : files_) {
    if (path.starts_with(prefix)) models.push_back(model);
  }
  return models;
}

Result<std::string> SqlLibrary::load_statement(std::string_view model) const {
  const auto found = files_.find("star/" + std::string(model));
  SPARKIFY_ASSERT(found != files_.end());
  return std::string(found->second.get("statement"));
}

}  // namespace sparkify
