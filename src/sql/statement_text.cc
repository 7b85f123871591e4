#include "sql/statement_text.h"

#include <algorithm>
#include <cctype>

namespace sparkify {

namespace {

constexpr std::string_view kSpace = " \t\r\n\f\v";

/// A literal, a quoted name or a comment.
struct Quoted {
  std::size_t end = 0;  ///< where it stands no more; where it begins, if none begins there
  bool is_open = false;
};

bool is_name_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || byte >= 0x80;
}

bool follows_name(std::string_view sql, std::size_t at) {
  return at > 0 && (is_name_byte(sql[at - 1]) || sql[at - 1] == '$');
}

Quoted up_to(std::string_view sql, std::string_view close, std::size_t from) {
  const std::size_t found = sql.find(close, from);
  if (found == std::string_view::npos) return {sql.size(), true};
  return {found + close.size(), false};
}

/// Comments of this kind may stand in each other.
Quoted block_comment(std::string_view sql, std::size_t at) {
  std::size_t depth = 0;
  while (at < sql.size()) {
    const std::string_view rest = sql.substr(at);
    const bool opens = rest.starts_with("/*");
    const bool closes = rest.starts_with("*/");
    if (opens) ++depth;
    if (closes && --depth == 0) return {at + 2, false};
    at += opens || closes ? 2 : 1;
  }
  return {sql.size(), true};
}

/// E'...', where a backslash takes the next character's meaning.
Quoted escaped_text(std::string_view sql, std::size_t at) {
  while (at < sql.size() && sql[at] != '\'') at += sql[at] == '\\' ? 2 : 1;
  return at < sql.size() ? Quoted{at + 1, false} : Quoted{sql.size(), true};
}

/// $$...$$ and $tag$...$tag$.
Quoted dollar_quoted(std::string_view sql, std::size_t at) {
  std::size_t end = at + 1;
  while (end < sql.size() && is_name_byte(sql[end])) ++end;
  const bool is_parameter = std::isdigit(static_cast<unsigned char>(sql[at + 1])) != 0;
  if (end >= sql.size() || sql[end] != '$' || is_parameter) return {at, false};
  return up_to(sql, sql.substr(at, end + 1 - at), end + 1);
}

/// What begins at `at`.
Quoted quoted_at(std::string_view sql, std::size_t at) {
  const std::string_view rest = sql.substr(at);
  if (rest.starts_with("--")) return {up_to(sql, "\n", at).end, false};
  if (rest.starts_with("/*")) return block_comment(sql, at);
  if (rest.starts_with('\'')) return up_to(sql, "'", at + 1);
  if (rest.starts_with('"')) return up_to(sql, "\"", at + 1);
  if (follows_name(sql, at)) return {at, false};
  if (rest.starts_with("e'") || rest.starts_with("E'")) return escaped_text(sql, at + 2);
  if (rest.size() > 1 && rest.starts_with('$')) return dollar_quoted(sql, at);
  return {at, false};
}

}  // namespace

std::string_view without_semicolon(std::string_view sql) {
  std::size_t last = 0;
  for (std::size_t at = 0; at < sql.size();) {
    const std::size_t end = quoted_at(sql, at).end;
    const bool is_comment = sql.substr(at).starts_with("--") || sql.substr(at).starts_with("/*");
    const bool is_space = kSpace.find(sql[at]) != std::string_view::npos;
    const std::size_t next = end > at ? end : at + 1;
    if (!is_comment && !is_space && sql[at] != ';') last = next;
    at = next;
  }
  return sql.substr(0, last);
}

std::optional<std::size_t> end_of_statement(std::string_view sql) {
  for (std::size_t at = 0; at < sql.size();) {
    const std::size_t end = quoted_at(sql, at).end;
    if (end == at && sql[at] == ';') return at + 1;
    at = end > at ? end : at + 1;
  }
  return std::nullopt;
}

bool ends_inside_quotes(std::string_view sql) {
  for (std::size_t at = 0; at < sql.size();) {
    const Quoted quoted = quoted_at(sql, at);
    if (quoted.is_open) return true;
    at = quoted.end > at ? quoted.end : at + 1;
  }
  return false;
}

std::vector<std::string_view> split_statements(std::string_view sql) {
  std::vector<std::string_view> statements;
  while (!sql.empty()) {
    const std::size_t end = end_of_statement(sql).value_or(sql.size());
    std::string_view statement = without_semicolon(sql.substr(0, end));
    statement.remove_prefix(std::min(statement.find_first_not_of(kSpace), statement.size()));
    if (!statement.empty()) statements.push_back(statement);
    sql.remove_prefix(end);
  }
  return statements;
}

std::optional<std::string_view> explained_statement(std::string_view sql) {
  const auto skip_space = [&sql] {
    sql.remove_prefix(std::min(sql.find_first_not_of(kSpace), sql.size()));
  };
  const auto take_word = [&sql, &skip_space](std::string_view word) {
    const auto is_same = [](char a, char b) {
      return a == std::tolower(static_cast<unsigned char>(b));
    };
    if (sql.size() <= word.size() || is_name_byte(sql[word.size()])) return false;
    if (!std::equal(word.begin(), word.end(), sql.begin(), is_same)) return false;
    sql.remove_prefix(word.size());
    skip_space();
    return true;
  };
  skip_space();
  if (!take_word("explain")) return std::nullopt;
  take_word("analyze");
  if (sql.starts_with('(')) {
    const std::size_t end =
        sql.find_first_not_of(" \t\r\n,_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 1);
    if (end == sql.npos || sql[end] != ')') return std::nullopt;
    sql.remove_prefix(end + 1);
    skip_space();
  }
  const bool is_word = !sql.empty() && std::isalpha(static_cast<unsigned char>(sql.front())) != 0;
  return is_word ? std::optional(sql) : std::nullopt;
}

}  // namespace sparkify
