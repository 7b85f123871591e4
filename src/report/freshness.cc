#include "report/freshness.h"

#include <utility>

#include "report/analysis_rows.h"

namespace sparkify {

namespace {

using Json = nlohmann::ordered_json;

Json text_or_null(const Cell& cell) { return cell.is_null ? Json() : Json(cell.text); }
Json time_or_null(const Cell& cell) { return cell.is_null ? Json() : Json(page_time(cell.text)); }

Result<Json> last_run(Warehouse& warehouse, const SqlLibrary& sql) {
  enum Place { run_id, started_at, finished_at, status };
  TRY_ASSIGN(const Rows runs, warehouse.query(sql.get("status/runs"), {std::int64_t{1}}));
  if (runs.empty()) return Json();
  return Json{{"run_id", runs.integer(0, run_id)},
              {"ended_at", time_or_null(runs.at(0, finished_at))},
              {"status", runs.at(0, status).text}};
}

Result<Json> reject_count(Warehouse& warehouse, const SqlLibrary& sql) {
  TRY_ASSIGN(const Rows found, warehouse.query(sql.get("status/reject_count")));
  return Json(found.integer(0, 0));
}

Result<Json> row_counts(Warehouse& warehouse, const SqlLibrary& sql) {
  Json counts;
  TRY_ASSIGN(const Rows tables, warehouse.query(sql.get("status/tables")));
  for (std::size_t i = 0; i < tables.rows.size(); ++i) {
    if (tables.at(i, 0).text == "unmatched_songplays") continue;
    counts[tables.at(i, 0).text] = tables.integer(i, 1);
  }
  return counts;
}

}  // namespace

Result<Freshness> read_freshness(Warehouse& warehouse, const SqlLibrary& sql, bool sees_runs) {
  enum Place { last_event_at, matched, first_day, last_day, days };
  TRY_ASSIGN(Json counts, row_counts(warehouse, sql));
  TRY_ASSIGN(const Rows found, warehouse.query(sql.get("status/freshness")));
  Json run;
  Json rejects;
  if (sees_runs) {
    TRY_ASSIGN(run, last_run(warehouse, sql));
    TRY_ASSIGN(rejects, reject_count(warehouse, sql));
  }
  Freshness freshness;
  freshness.banner = {{"last_run", std::move(run)},
                      {"last_event_at", time_or_null(found.at(0, last_event_at))},
                      {"rows", counts},
                      {"rejects", std::move(rejects)},
                      {"plays", counts["songplays"]},
                      {"matched", found.integer(0, matched)}};
  if (!found.at(0, first_day).is_null) {
    freshness.range = {{"first_day", text_or_null(found.at(0, first_day))},
                       {"last_day", text_or_null(found.at(0, last_day))}};
    freshness.days = found.integer(0, days);
  }
  return freshness;
}

Result<std::string> freshness_sign(Warehouse& warehouse, const SqlLibrary& sql, bool sees_runs) {
  if (sees_runs) {
    TRY_ASSIGN(const Json run, last_run(warehouse, sql));
    return run.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  std::string sign;
  for (const char* name : {"status/tables", "status/freshness"}) {
    TRY_ASSIGN(const Rows rows, warehouse.query(sql.get(name)));
    for (const Row& row : rows.rows) {
      for (const Cell& cell : row) sign += cell.text + " ";
    }
  }
  return sign;
}

}  // namespace sparkify
