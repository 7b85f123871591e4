#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/sql_library.h"

namespace sparkify {

/// One question to the warehouse: a file of SQL whose first lines, `-- key: value`, say how the
/// answer is shown. docs/analytics.md is the users' page of it.
struct Analysis {
  std::string name;          ///< of the file, without folder and `.sql`
  std::string title;         ///< what it is about
  std::string chart;         ///< how the page draws it
  std::string levels;        ///< `sum`, `own` or `none`: what the page's filter of levels does
  std::string definition;    ///< what is counted, in sentences
  std::string sql;           ///< one statement that reads, without the header
  std::string long_range;    ///< what `day` stands for where the data are long: `week`, `month`
  std::string x, y, series;  ///< names of columns; may be empty
  bool is_custom = false;    ///< from a user's file
};

/// From the text of a file.
///
/// `file`    What messages call it; its name without folder and `.sql` is the analysis'.
/// Errors    config: no title, no chart or one that there is not, no SQL; names the file.
Result<Analysis> parse_analysis(std::string_view file, std::string_view text, bool is_custom);

/// The program's own, in the order in which they are shown.
Result<std::vector<Analysis>> built_in_analyses(const SqlLibrary& sql);

/// Those of a user: every `.sql` file of the folder, in byte order of their names.
/// Errors    config: it cannot be read, has no such file or too many, one is too long, or as
///           parse_analysis.
Result<std::vector<Analysis>> read_analyses(const std::string& folder);

}  // namespace sparkify
