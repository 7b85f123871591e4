#include "pipeline/schema_guard.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/version.h"
#include "pipeline/settled_commit.h"

namespace sparkify {

namespace {

constexpr std::string_view kVersionTable = "etl_schema";

Status expect_version(Warehouse& warehouse, std::int64_t version) {
  if (version == kSchemaVersion) return {};
  if (version > kSchemaVersion) {
    return make_error(
        ErrorKind::database,
        fmt::format("{}: its tables are of version {}, made by a newer sparkify; this "
                    "one ({}) knows version {}. Use the newer program",
                    warehouse.display_name(), version, program_version(), kSchemaVersion));
  }
  return make_error(ErrorKind::database,
                    fmt::format("{}: its tables are of version {}, which this sparkify does not "
                                "know; it needs {}",
                                warehouse.display_name(), version, kSchemaVersion));
}

Result<std::int64_t> schema_version(Warehouse& warehouse, const SqlLibrary& sql) {
  TRY_ASSIGN(const Rows rows, warehouse.query(sql.get("tables/schema_version")));
  if (rows.empty()) return 0;
  return rows.integer(0, 0);
}

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Result<std::vector<std::string>> existing_tables(Warehouse& warehouse, const SqlLibrary& sql) {
  TRY_ASSIGN(const Rows rows, warehouse.query(sql.get("tables/existing")));
  std::vector<std::string> names;
  for (const Row& row : rows.rows) names.push_back(row[0].text);
  return names;
}

Status expect_our_schema(Warehouse& warehouse, const SqlLibrary& sql) {
  TRY_ASSIGN(const auto names, existing_tables(warehouse, sql));
  if (!contains(names, kVersionTable)) {
    return make_error(ErrorKind::database,
                      fmt::format("{}: has no sparkify tables; make them with `sparkify "
                                  "create-tables {}`",
                                  warehouse.display_name(), warehouse.options()));
  }
  TRY_ASSIGN(const std::int64_t version, schema_version(warehouse, sql));
  return expect_version(warehouse, version);
}

Result<bool> may_read_runs(Warehouse& warehouse, const SqlLibrary& sql) {
  TRY_ASSIGN(const auto names, existing_tables(warehouse, sql));
  if (!contains(names, kVersionTable)) return true;
  TRY_ASSIGN(const Rows rows, warehouse.query(sql.get("status/may_read_runs")));
  return rows.at(0, 0).text == "true";
}

Result<CreatedTables> create_tables(Warehouse& warehouse, const SqlLibrary& sql, bool drop) {
  CreatedTables result;
  TRY_ASSIGN(const auto before, existing_tables(warehouse, sql));
  if (!drop && contains(before, kVersionTable)) {
    TRY_ASSIGN(const std::int64_t version, schema_version(warehouse, sql));
    TRY(expect_version(warehouse, version));
  }
  TRY_ASSIGN(auto transaction, warehouse.begin());
  if (drop) {
    TRY(transaction->execute(sql.get("tables/drop")));
    result.dropped = before;
  }
  TRY(transaction->execute(sql.get("tables/create_tables")));
  TRY(transaction->execute(sql.get("tables/create_views")));
  for (const SqlModel& more : sql.folder("tables/" + std::string(warehouse.dialect()))) {
    TRY(transaction->execute(more.text));
  }
  TRY(transaction->execute(sql.get("tables/add_schema_version"),
                           {std::int64_t{kSchemaVersion}, std::string(program_version())}));
  TRY(commit_settled(warehouse, std::move(transaction), [&]() -> Result<bool> {
    // After --drop, tables from before would look the same; repeating it does no harm then.
    TRY_ASSIGN(const auto names, existing_tables(warehouse, sql));
    return !drop && contains(names, kVersionTable);
  }));
  TRY(warehouse.tidy());
  TRY_ASSIGN(const auto after, existing_tables(warehouse, sql));
  for (const std::string& name : after) {
    const bool was_there = !drop && contains(before, name);
    (was_there ? result.present : result.created).push_back(name);
  }
  return result;
}

}  // namespace sparkify
