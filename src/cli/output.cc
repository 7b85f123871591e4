#include "cli/output.h"

#include <unistd.h>

#include <cstdio>

#include "base/utf8.h"

namespace sparkify {

void print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void print_data(std::string_view text) {
  if (::isatty(STDOUT_FILENO) == 0) return print(text);
  print(printable_lines(text));
}

}  // namespace sparkify
