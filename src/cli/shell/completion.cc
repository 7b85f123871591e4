#include "cli/shell/completion.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/utf8.h"
#include "cli/shell/meta_command.h"
#include "sql/statement_text.h"

namespace sparkify {

namespace {

constexpr auto kKeywords = std::to_array<std::string_view>(
    {"all",     "and",      "as",       "asc",       "avg",       "between",      "by",
     "case",    "cast",     "coalesce", "count",     "cross",     "current_date", "date_trunc",
     "desc",    "describe", "distinct", "else",      "end",       "except",       "exists",
     "explain", "extract",  "false",    "filter",    "first",     "from",         "full",
     "group",   "having",   "in",       "inner",     "intersect", "interval",     "is",
     "join",    "last",     "left",     "like",      "limit",     "lower",        "max",
     "min",     "not",      "null",     "nulls",     "offset",    "on",           "or",
     "order",   "outer",    "over",     "partition", "right",     "round",        "row_number",
     "select",  "show",     "sum",      "then",      "timestamp", "true",         "union",
     "upper",   "using",    "values",   "when",      "where",     "with"});
/// A table follows.
constexpr auto kBeforeTable =
    std::to_array<std::string_view>({"from", "join", "table", "describe", "summarize"});
/// What ends a list of tables.
constexpr auto kClauses = std::to_array<std::string_view>(
    {"select", "from", "join", "on", "using", "where", "group", "order", "having", "limit"});

template <typename Words>
bool is_one_of(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_word_byte(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string_view last_word(std::string_view text) {
  std::size_t begin = text.size();
  while (begin > 0 && is_word_byte(text[begin - 1])) --begin;
  return text.substr(begin);
}

/// Words in lower case; everything else that is not space, a byte each.
std::vector<std::string> tokens_of(std::string_view text) {
  std::vector<std::string> tokens;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_word_byte(text[end])) ++end;
    if (end == at) ++end;
    const bool is_space = std::isspace(static_cast<unsigned char>(text[at])) != 0;
    if (!is_space) tokens.push_back(lower_case(text.substr(at, end - at)));
    at = end;
  }
  return tokens;
}

bool is_table_place(const std::vector<std::string>& tokens) {
  if (tokens.empty()) return false;
  if (is_one_of(kBeforeTable, tokens.back())) return true;
  if (tokens.back() != ",") return false;
  const auto clause = std::find_if(tokens.rbegin(), tokens.rend(), [](const std::string& token) {
    return is_one_of(kClauses, token);
  });
  return clause != tokens.rend() && (*clause == "from" || *clause == "join");
}

/// The table that a statement calls `name`: by itself, or by `plays p`, `plays as p`.
const TableCatalogue::Table* table_called(const std::string& name,
                                          const std::vector<std::string>& tokens,
                                          const TableCatalogue& catalogue) {
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    if (tokens[i] != name) continue;
    const std::size_t before = tokens[i - 1] == "as" && i > 1 ? i - 2 : i - 1;
    if (const auto* const table = catalogue.find(tokens[before])) return table;
  }
  return catalogue.find(name);
}

std::string as_identifier(const std::string& name) {
  const bool is_plain = !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
                        std::all_of(name.begin(), name.end(), is_word_byte) &&
                        lower_case(name) == name;
  if (is_plain) return name;
  std::string quoted = "\"";
  for (const char c : name) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

/// Gathers what begins with the word.
class Candidates {
 public:
  explicit Candidates(std::string_view word) : word_(word), lower_(lower_case(word)) {}

  void add(std::string candidate) {
    if (lower_case(candidate).starts_with(lower_)) found_.push_back(std::move(candidate));
  }
  void add_name(const std::string& name) {
    if (printable(name) == name) add(as_identifier(name));
  }
  void add_tables(const TableCatalogue& catalogue) {
    for (const TableCatalogue::Table& table : catalogue.tables) add_name(table.name);
  }
  void add_columns(const TableCatalogue::Table& table) {
    for (const TableCatalogue::Column& column : table.columns) add_name(column.name);
  }
  /// As the word is written: who writes SEL gets SELECT.
  void add_keywords() {
    const bool is_upper = std::isupper(static_cast<unsigned char>(word_.front())) != 0;
    for (const std::string_view keyword : kKeywords) {
      std::string written(keyword);
      for (char& c : written) {
        if (is_upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      }
      add(written);
    }
  }
  Completion completion() && {
    std::sort(found_.begin(), found_.end());
    found_.erase(std::unique(found_.begin(), found_.end()), found_.end());
    return {word_.size(), std::move(found_)};
  }

 private:
  std::string_view word_;
  std::string lower_;
  std::vector<std::string> found_;
};

Completion complete_meta(std::string_view before, const TableCatalogue& catalogue) {
  before.remove_prefix(before.find('\\'));
  const std::size_t space = before.find_first_of(" \t");
  if (space == std::string_view::npos) {
    Candidates commands(before);
    for (const MetaWord& each : meta_words()) commands.add(std::string(each.word));
    return std::move(commands).completion();
  }
  Candidates tables(last_word(before));
  if (before.substr(0, space) == "\\d") tables.add_tables(catalogue);
  return std::move(tables).completion();
}

void add_columns_in_scope(Candidates& candidates, const std::vector<std::string>& tokens,
                          const TableCatalogue& catalogue) {
  const auto is_named = [&](const TableCatalogue::Table& table) {
    return is_one_of(tokens, lower_case(table.name));
  };
  const bool none = std::none_of(catalogue.tables.begin(), catalogue.tables.end(), is_named);
  for (const TableCatalogue::Table& table : catalogue.tables) {
    if (none || is_named(table)) candidates.add_columns(table);
  }
}

}  // namespace

Completion complete(const CursorPlace& place, const TableCatalogue& catalogue) {
  const std::string text = std::string(place.statement) + std::string(place.before);
  if (ends_inside_quotes(text)) return {};
  if (place.statement.empty() && is_meta_command(place.before)) {
    return place.before.find('\\') == std::string_view::npos
               ? Completion{}
               : complete_meta(place.before, catalogue);
  }
  const std::string_view word = last_word(text);
  const std::string_view head = std::string_view(text).substr(0, text.size() - word.size());
  const std::vector<std::string> before = tokens_of(head);
  std::vector<std::string> tokens = before;
  for (std::string& token : tokens_of(place.after)) tokens.push_back(std::move(token));
  Candidates candidates(word);
  if (head.ends_with('.')) {
    const std::string qualifier = before.size() > 1 ? before[before.size() - 2] : std::string();
    const TableCatalogue::Table* const table = table_called(qualifier, tokens, catalogue);
    if (table != nullptr) candidates.add_columns(*table);
  } else if (is_table_place(before)) {
    candidates.add_tables(catalogue);
  } else if (!word.empty()) {
    candidates.add_keywords();
    candidates.add_tables(catalogue);
    add_columns_in_scope(candidates, tokens, catalogue);
  }
  return std::move(candidates).completion();
}

std::string common_prefix(const std::vector<std::string>& candidates) {
  if (candidates.empty()) return {};
  std::string prefix = candidates.front();
  for (const std::string& each : candidates) {
    std::size_t same = 0;
    const std::string a = lower_case(prefix);
    const std::string b = lower_case(each);
    while (same < a.size() && same < b.size() && a[same] == b[same]) ++same;
    prefix.resize(same);
  }
  while (!is_utf8(prefix)) prefix.pop_back();
  return prefix;
}

}  // namespace sparkify
