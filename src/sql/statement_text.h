#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace sparkify {

// What stands inside literals ('..', E'..', $$..$$, $tag$..$tag$), quoted names and comments is
// left alone by all of these.

/// A user's statement up to its last word: without the space, the comments and the semicolons that
/// follow it. Empty, if it has no word.
std::string_view without_semicolon(std::string_view sql);

/// Behind the semicolon that ends the first statement; nothing if none does yet.
std::optional<std::size_t> end_of_statement(std::string_view sql);

/// Whether what follows `sql` would stand inside a literal, a quoted name or a comment.
bool ends_inside_quotes(std::string_view sql);

/// The statements of a script, each up to its last word; the last one needs no semicolon. Those
/// without a word are left out.
std::vector<std::string_view> split_statements(std::string_view sql);

/// What stands behind `explain`, its `analyze` and its options in parentheses, if `sql` is such a
/// statement and no comment stands before its end: what DuckDB runs for EXPLAIN ANALYZE.
std::optional<std::string_view> explained_statement(std::string_view sql);

}  // namespace sparkify
