#include "table_snapshot.h"

#include <fmt/format.h>

#include <sstream>

namespace sparkify::simulation {

namespace {

/// The runs that loaded something, numbered in their order: the numbers of the others are left out,
/// as they differ with the number of failures.
constexpr std::string_view kNumberedRuns =
    "with nth as (select run_id, row_number() over (order by run_id) as nth "
    "from etl_runs where run_id in (select run_id from etl_objects)) ";

struct Question {
  std::string_view name;
  std::string_view sql;
  SnapshotScope scope;
  bool is_numbered = false;
};

constexpr Question kQuestions[] = {
    {"songplays", "select * from songplays order by all", SnapshotScope::star},
    {"users", "select * from users order by all", SnapshotScope::star},
    {"songs", "select * from songs order by all", SnapshotScope::star},
    {"artists", "select * from artists order by all", SnapshotScope::star},
    {"time", "select * from time order by all", SnapshotScope::star},
    {"unmatched", "select * from unmatched_songplays order by all", SnapshotScope::star},
    {"staging", "select count(*) from staging_events union all select count(*) from staging_songs",
     SnapshotScope::star},
    {"objects",
     "select nth, uri, etag, size_bytes, records, loaded, duplicates, rejects, kind "
     "from etl_objects join nth using (run_id) order by all",
     SnapshotScope::history, true},
    {"rejects",
     "select nth, uri, line, byte_offset, column_name, reason, raw_text, record_no "
     "from etl_rejects join nth using (run_id) order by all",
     SnapshotScope::history, true},
    {"drift",
     "select nth, kind, key_name, is_known, records from etl_drift join nth using (run_id) "
     "order by all",
     SnapshotScope::history, true},
    {"runs that loaded",
     "select nth, objects, bytes, events, songs, plays, duplicates, rejects "
     "from etl_runs join nth using (run_id) order by all",
     SnapshotScope::history, true},
    {"runs", "select run_id, status, objects, rejects, late_matches from etl_runs order by all",
     SnapshotScope::whole},
};

}  // namespace

Result<std::string> snapshot(Warehouse& warehouse, SnapshotScope scope) {
  std::string text;
  for (const Question& question : kQuestions) {
    if (question.scope > scope) continue;
    const std::string sql =
        (question.is_numbered ? std::string(kNumberedRuns) : "") + std::string(question.sql);
    TRY_ASSIGN(const Rows rows, warehouse.query(sql));
    for (const Row& row : rows.rows) {
      text += question.name;
      for (const Cell& cell : row) text += cell.is_null ? " | NULL" : " | " + cell.text;
      text += "\n";
    }
  }
  return text;
}

std::string first_difference(const std::string& expected, const std::string& found) {
  std::istringstream left(expected);
  std::istringstream right(found);
  std::string a;
  std::string b;
  while (true) {
    const bool has_left = static_cast<bool>(std::getline(left, a));
    const bool has_right = static_cast<bool>(std::getline(right, b));
    if (!has_left && !has_right) return "no difference";
    if (!has_left) a = "(nothing)";
    if (!has_right) b = "(nothing)";
    if (a != b) return fmt::format("  must be: {}\n  is:      {}", a, b);
  }
}

Result<std::vector<LoadedVersion>> loaded_versions(Warehouse& warehouse) {
  TRY_ASSIGN(const Rows rows,
             warehouse.query("select run_id, uri, etag from etl_objects order by all"));
  std::vector<LoadedVersion> versions;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    versions.push_back({rows.integer(i, 0), rows.at(i, 1).text, rows.at(i, 2).text});
  }
  return versions;
}

Result<std::vector<PastRun>> past_runs(Warehouse& warehouse) {
  TRY_ASSIGN(const Rows rows,
             warehouse.query("select run_id, case when late_matches is null then 0 else 1 end "
                             "from etl_runs where late_matches is not null or run_id in "
                             "(select run_id from etl_objects) order by run_id"));
  std::vector<PastRun> runs;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    runs.push_back({rows.integer(i, 0), rows.integer(i, 1) == 1});
  }
  return runs;
}

}  // namespace sparkify::simulation
