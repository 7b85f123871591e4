#include "cli/warehouse_factory.h"

#include <fmt/format.h>

#include "base/utf8.h"
#include "warehouse/duckdb/duckdb_warehouse.h"

namespace sparkify {

namespace {

constexpr std::string_view kDuckdbScheme = "duckdb:";
/// DuckDB's share of the memory limit; the rest is for decoding and for what DuckDB does not count.
constexpr std::uint64_t kDuckdbPercent = 65;

DuckdbOptions duckdb_options(const Settings& settings, WarehouseUse use) {
  DuckdbOptions options;
  options.path = settings.warehouse.substr(kDuckdbScheme.size());
  options.create = use == WarehouseUse::create;
  options.threads = settings.threads;
  options.memory_limit_bytes = settings.memory_limit_bytes / 100 * kDuckdbPercent;
  switch (use) {
    case WarehouseUse::create:
    case WarehouseUse::write:
      options.access = DuckdbOptions::Access::write;
      break;
    case WarehouseUse::read:
      options.access = DuckdbOptions::Access::read;
      break;
    case WarehouseUse::user_sql:
      options.access = DuckdbOptions::Access::sandbox;
      break;
  }
  return options;
}

}  // namespace

Result<OpenWarehouse> open_warehouse(const Settings& settings, WarehouseUse use) {
  const std::string& url = settings.warehouse;
  if (url.starts_with(kDuckdbScheme)) {
    TRY_ASSIGN(auto warehouse, open_duckdb(duckdb_options(settings, use)));
    TRY_ASSIGN(auto sql, SqlLibrary::open(warehouse->dialect()));
    return OpenWarehouse{std::move(warehouse), std::move(sql)};
  }
  for (const std::string_view scheme : {"postgresql://", "postgres://", "redshift://"}) {
    if (!url.starts_with(scheme)) continue;
    return make_error(ErrorKind::config,
                      fmt::format("{}: this warehouse is not built yet; this version works with "
                                  "duckdb:PATH only",
                                  scheme));
  }
  return make_error(ErrorKind::config,
                    fmt::format("{}: no such kind of warehouse; give duckdb:PATH, such as "
                                "--warehouse duckdb:sparkify.duckdb",
                                printable(url)));
}

}  // namespace sparkify
