#include "cli/warehouse_factory.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>

#include "base/utf8.h"
#include "cli/database_password.h"
#include "cli/redshift_url.h"
#include "cli/stop_signals.h"
#include "warehouse/duckdb/duckdb_warehouse.h"
#include "warehouse/postgres/postgres_warehouse.h"
#include "warehouse/redshift/redshift_warehouse.h"

namespace sparkify {

namespace {

constexpr std::string_view kDuckdbScheme = "duckdb:";
/// What the program takes before it has read anything: its code and DuckDB's, threads, caches.
constexpr std::uint64_t kProgramBytes = std::uint64_t{112} << 20;
/// DuckDB's share of the rest; what is left is for decoding and for what DuckDB does not count.
constexpr std::uint64_t kDuckdbPercent = 65;

WarehouseAccess access_for(WarehouseUse use) {
  switch (use) {
    case WarehouseUse::create:
    case WarehouseUse::write:
    case WarehouseUse::manage:
      return WarehouseAccess::write;
    case WarehouseUse::user_sql:
      return WarehouseAccess::sandbox;
    case WarehouseUse::view:
      return WarehouseAccess::view;
    case WarehouseUse::read:
      break;
  }
  return WarehouseAccess::read;
}

DuckdbOptions duckdb_options(const Settings& settings, WarehouseUse use) {
  DuckdbOptions options;
  options.path = settings.warehouse.substr(kDuckdbScheme.size());
  options.create = use == WarehouseUse::create;
  options.threads = settings.threads;
  options.memory_limit_bytes = (settings.memory_limit_bytes - kProgramBytes) / 100 * kDuckdbPercent;
  options.access = access_for(use);
  return options;
}

constexpr std::array<std::string_view, 2> kPostgresSchemes = {"postgresql:", "postgres:"};
/// More connections than this do not load faster; the server has better use for them.
constexpr std::size_t kConnectionsMax = 16;
/// Where distributions keep the authorities that the machine trusts.
constexpr std::array<const char*, 3> kSystemCertificates = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
};

bool is_postgres(const std::string& url) {
  return std::any_of(kPostgresSchemes.begin(), kPostgresSchemes.end(),
                     [&url](std::string_view scheme) { return url.starts_with(scheme); });
}

std::string if_exists(const std::string& path) {
  std::error_code error;
  return std::filesystem::exists(path, error) ? path : std::string();
}

libpq::RootCertificates root_certificates() {
  libpq::RootCertificates known;
  if (const char* home = std::getenv("HOME"); home != nullptr) {
    known.user = if_exists(std::string(home) + "/.postgresql/root.crt");
  }
  for (const char* path : kSystemCertificates) {
    if (known.system.empty()) known.system = if_exists(path);
  }
  return known;
}

/// Signals are caught where a program runs: it must not outlive us.
Result<Secret> password_for(const Settings& settings) {
  CommandLimits limits;
  limits.stop = settings.db_password_command ? &catch_stop_signals() : &stop_request();
  return database_password(settings, limits);
}

Result<PostgresOptions> postgres_options(const Settings& settings, WarehouseUse use) {
  PostgresOptions options;
  options.url = settings.warehouse;
  if (settings.schema) options.schema = *settings.schema;
  options.create = use == WarehouseUse::create;
  TRY_ASSIGN(options.password, password_for(settings));
  options.connections = std::clamp<std::size_t>(settings.threads, 1, kConnectionsMax);
  options.access = access_for(use);
  if (const char* mode = std::getenv("PGSSLMODE"); mode != nullptr) {
    options.environment_sslmode = mode;
  }
  options.root_certificates = root_certificates();
  return options;
}

/// Else what a run leaves there, or another one writes there now, would be read as data.
Status expect_control_apart(const Settings& settings) {
  const auto data = data_around_control(settings);
  if (!data) return {};
  return make_error(ErrorKind::config,
                    fmt::format("the control area {} lies in the data {}, so what Redshift loads "
                                "would be read as data; give --control a prefix of its own",
                                printable(*settings.control), printable(*data)));
}

Result<RedshiftOptions> redshift_options(const CommandContext& context, WarehouseUse use,
                                         SourceAccess& aws) {
  const Settings& settings = context.settings;
  RedshiftOptions options;
  options.url = settings.warehouse;
  if (settings.schema) options.schema = *settings.schema;
  options.create = use == WarehouseUse::create;
  options.loads = use == WarehouseUse::write;
  if (options.loads) TRY(expect_control_apart(settings));
  options.access = access_for(use);
  options.iam_role = settings.iam_role.value_or("");
  options.control.place = settings.control.value_or("");
  while (options.control.place.ends_with('/')) options.control.place.pop_back();
  options.control.open = [&aws, place = options.control.place] { return aws.writer(place); };
  TRY_ASSIGN(options.region, aws.region());
  options.threads = settings.threads;
  options.root_certificates = root_certificates();
  if (!settings.iam_auth) {
    TRY_ASSIGN(options.password, password_for(settings));
    return options;
  }
  TRY_ASSIGN(const RedshiftTarget target, redshift_target(settings));
  options.login = [&aws, target]() -> Result<RedshiftUser> {
    TRY_ASSIGN(RedshiftLogin login, aws.redshift_login(target));
    return RedshiftUser{std::move(login.user), std::move(login.password)};
  };
  return options;
}

Result<OpenWarehouse> with_sql(Result<std::unique_ptr<Warehouse>> opened) {
  TRY_ASSIGN(auto warehouse, std::move(opened));
  TRY_ASSIGN(auto sql, SqlLibrary::open(warehouse->dialect()));
  return OpenWarehouse{nullptr, std::move(warehouse), std::move(sql)};
}

Result<OpenWarehouse> open_with_aws(const CommandContext& context, WarehouseUse use) {
  auto aws = std::make_unique<SourceAccess>(context, stop_request());
  TRY_ASSIGN(const RedshiftOptions options, redshift_options(context, use, *aws));
  TRY_ASSIGN(OpenWarehouse open, with_sql(open_redshift(options)));
  open.aws = std::move(aws);
  return open;
}

}  // namespace

Result<OpenWarehouse> open_warehouse(const CommandContext& context, WarehouseUse use) {
  const Settings& settings = context.settings;
  const std::string& url = settings.warehouse;
  if (url.starts_with(kDuckdbScheme)) {
    if (settings.schema) {
      return make_error(
          ErrorKind::config,
          "--schema is for PostgreSQL and Redshift; a DuckDB file holds one warehouse: leave it "
          "out, or give another file");
    }
    return with_sql(open_duckdb(duckdb_options(settings, use)));
  }
  if (is_postgres(url)) {
    TRY_ASSIGN(const PostgresOptions options, postgres_options(settings, use));
    return with_sql(open_postgres(options));
  }
  if (url.starts_with(kRedshiftScheme)) return open_with_aws(context, use);
  return make_error(ErrorKind::config,
                    fmt::format("{}: no such kind of warehouse; give duckdb:PATH, such as "
                                "--warehouse duckdb:sparkify.duckdb, postgresql://USER@HOST/"
                                "DATABASE or redshift://USER@HOST:5439/DATABASE",
                                printable(url)));
}

}  // namespace sparkify
