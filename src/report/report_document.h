#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "report/analysis.h"
#include "sql/sql_library.h"
#include "warehouse/warehouse.h"

namespace sparkify {

struct ReportOptions {
  std::int64_t made_at_micros = 0;  ///< since 1970-01-01 UTC
  std::uint64_t live_version = 0;   ///< of a server that may give a newer one; 0: there is none
  bool sees_runs = true;            ///< false: the user may not read runs and rejects
};

/// Asks the warehouse each analysis and puts the answers into the one JSON document from which the
/// page is drawn. It is UTF-8 without `<`, `>`, `&` and the line separators U+2028 and U+2029, so
/// that it can stand in a script element.
///
/// `warehouse`  Opened for reading, with the tables of the contract.
/// Errors       the warehouse's; config: two analyses of one name, or one without a column that its
///              header names. What a user's own SQL is refused for names its file.
Result<std::string> report_document(Warehouse& warehouse, const SqlLibrary& sql,
                                    std::span<const Analysis> analyses,
                                    const ReportOptions& options);

/// `json`, a JSON text, with what a script element cannot hold written as escapes.
std::string safe_in_script(std::string_view json);

}  // namespace sparkify
