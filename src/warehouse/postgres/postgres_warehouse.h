#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/secret.h"
#include "warehouse/libpq/connection_options.h"
#include "warehouse/warehouse.h"

namespace sparkify {

struct PostgresOptions {
  std::string url;  ///< postgresql://...; without a password
  std::string schema = "public";
  /// `write`: one run at a time in a schema, takes its lock.
  WarehouseAccess access = WarehouseAccess::read;
  bool create = false;          ///< make the schema if there is none
  Secret password;              ///< empty: libpq finds one itself
  std::size_t connections = 1;  ///< that load at once, 1 to 16; one more leads
  /// PGSSLMODE, if it is set.
  std::optional<std::string> environment_sslmode;
  libpq::RootCertificates root_certificates;
};

/// Opens a schema of a PostgreSQL database, version 13 or later.
///
/// Errors: `config` (a URL that libpq does not take), `database` (no connection, no right, no such
/// schema, an old server), `locked` (another run is writing into the schema; named).
Result<std::unique_ptr<Warehouse>> open_postgres(const PostgresOptions& options);

/// The version of libpq, such as "15.18".
std::string libpq_version();

}  // namespace sparkify
