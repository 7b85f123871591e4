#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cli/shell/table_catalogue.h"

namespace sparkify {

/// Where the cursor stands.
struct CursorPlace {
  std::string_view statement;  ///< the lines before this one
  std::string_view before;     ///< of this line
  std::string_view after;
};

/// What may stand there.
struct Completion {
  std::size_t word_bytes = 0;           ///< of ASCII, before the cursor, which a candidate replaces
  std::vector<std::string> candidates;  ///< in order of the alphabet, each once
};

/// Tables behind `from` and the like; columns of the table or alias before a point; else keywords,
/// tables, and columns of the tables that the statement names (of all, if it names none).
/// Names that would need quotes get them; those that a terminal must not see are left out.
Completion complete(const CursorPlace& place, const TableCatalogue& catalogue);

/// The longest text that all candidates begin with; case does not count.
std::string common_prefix(const std::vector<std::string>& candidates);

}  // namespace sparkify
