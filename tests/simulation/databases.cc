#include "databases.h"

#include <fmt/format.h>

#include "pipeline/schema_guard.h"
#include "sql/sql_library.h"
#include "warehouse/duckdb/duckdb_warehouse.h"

namespace sparkify::simulation {

namespace {

Status execute(Warehouse& database, const std::string& sql) {
  TRY_ASSIGN(auto transaction, database.begin());
  TRY(transaction->execute(sql));
  return transaction->commit();
}

/// To optimize a statement takes DuckDB longer than to run it over some ten rows.
Status make_quick(Warehouse& database) { return execute(database, "pragma disable_optimizer"); }

/// One thread, so that a seed replays exactly.
Result<std::unique_ptr<Warehouse>> make_database(const std::string& path) {
  DuckdbOptions options;
  options.path = path;
  options.access = WarehouseAccess::write;
  options.create = true;
  TRY_ASSIGN(auto database, open_duckdb(options));
  TRY_ASSIGN(const auto sql, SqlLibrary::open("duckdb"));
  const auto made = create_tables(*database, sql, false);
  if (!made.ok()) return made.error();
  TRY(make_quick(*database));
  return database;
}

}  // namespace

Result<Databases> Databases::make(const std::string& folder) {
  Databases databases;
  TRY_ASSIGN(databases.subject_, make_database(folder + "/subject.duckdb"));
  TRY_ASSIGN(databases.reference_, make_database(folder + "/reference.duckdb"));
  return databases;
}

Status Databases::reconnect_subject() {
  TRY(subject_->reconnect());
  return make_quick(*subject_);
}

Status Databases::empty(Warehouse& database) {
  static constexpr const char* kTables[] = {
      "songplays", "users",       "songs",          "artists",
      "time",      "etl_runs",    "staging_events", "staging_songs",
      "etl_drift", "etl_objects", "etl_rejects",    "unmatched_songplays"};
  std::string sql;
  for (const char* table : kTables) sql += fmt::format("delete from {};", table);
  return execute(database, sql);
}

}  // namespace sparkify::simulation
