#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/stop_flag.h"
#include "doctor/finding.h"
#include "sql/sql_library.h"
#include "warehouse/warehouse.h"

namespace sparkify {

/// Looks at a warehouse that could be opened, for no longer than seconds each: transport (`tls`),
/// `server`, `tables`, `rights` (of a server; a file's are the file system's), `lock`,
/// `match_rate`. Only reads; each statement is a transaction of its own if the warehouse was opened
/// for a user's SQL.
std::vector<Finding> check_warehouse(Warehouse& warehouse, const SqlLibrary& sql,
                                     const StopFlag& stop);

/// For a warehouse that could not be opened: the same findings, that nobody looked; but for the
/// lock, where that is the reason. `is_server`: whether it is one that has transport and rights.
std::vector<Finding> explain_unopened(const Error& error, bool is_server);

Finding judge_transport(const Transport& transport);

/// `names`: of our tables and views, those that are there. `version`: theirs, if it can be told.
Finding judge_tables(const std::vector<std::string>& names, std::optional<std::int64_t> version,
                     const std::string& options);

/// A right that a run needs and that the role has not.
struct MissingRight {
  std::string privilege;
  std::string object;
};
Finding judge_rights(const std::vector<MissingRight>& missing, const std::string& role);

/// Of the newest run and of all tables.
struct LoadState {
  std::int64_t run_id = 0;
  std::string status;
  std::string started_at;
  std::int64_t plays = 0;
  std::int64_t unmatched = 0;
  std::int64_t songs = 0;
};
/// `state`: none if nothing was loaded yet.
Finding judge_match_rate(const std::optional<LoadState>& state);

}  // namespace sparkify
