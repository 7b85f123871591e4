#include "sql/statement_text.h"

#include <cctype>

namespace sparkify {

namespace {

/// Where the literal, name or comment that starts at `at` ends; `at` if none starts there.
std::size_t end_of_quoted(std::string_view sql, std::size_t at) {
  const auto behind = [&](std::string_view close, std::size_t from) {
    const std::size_t found = sql.find(close, from);
    return found == std::string_view::npos ? sql.size() : found + close.size();
  };
  const std::string_view rest = sql.substr(at);
  if (rest.starts_with("--")) return behind("\n", at);
  if (rest.starts_with("/*")) return behind("*/", at + 2);
  if (rest.starts_with('\'')) return behind("'", at + 1);
  if (rest.starts_with('"')) return behind("\"", at + 1);
  if (rest.starts_with("$$")) return behind("$$", at + 2);
  return at;
}

}  // namespace

std::string_view without_semicolon(std::string_view sql) {
  std::size_t last = 0;
  for (std::size_t at = 0; at < sql.size();) {
    const std::size_t end = end_of_quoted(sql, at);
    const bool is_comment = sql.substr(at).starts_with("--") || sql.substr(at).starts_with("/*");
    const bool is_space = std::isspace(static_cast<unsigned char>(sql[at])) != 0;
    const std::size_t next = end > at ? end : at + 1;
    if (!is_comment && !is_space && sql[at] != ';') last = next;
    at = next;
  }
  return sql.substr(0, last);
}

}  // namespace sparkify
