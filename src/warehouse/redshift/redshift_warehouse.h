#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/secret.h"
#include "warehouse/libpq/connection_options.h"
#include "warehouse/redshift/part_writer.h"
#include "warehouse/warehouse.h"

namespace sparkify {

/// Who logs in to a cluster.
struct RedshiftUser {
  std::string name;
  Secret password;
};

struct RedshiftOptions {
  std::string url;  ///< redshift://[USER@]HOST[:PORT]/DB[?sslrootcert=...]; without a password
  std::string schema = "public";
  WarehouseAccess access = WarehouseAccess::read;
  bool create = false;  ///< make the schema if there is none
  bool loads = false;   ///< needs `iam_role` and `control`
  Secret password;      ///< empty: libpq finds one itself, unless `login` is there
  /// Gives a user and a password for one connection: they end soon. May be empty.
  std::function<Result<RedshiftUser>()> login;
  /// The role, or roles from one to the next with commas between, under which Redshift reads.
  std::string iam_role;
  ControlArea control;
  std::optional<std::string> region;  ///< of the control area; none: the cluster's own
  std::size_t threads = 1;            ///< that make parts
  libpq::RootCertificates root_certificates;
};

/// Opens a schema of an Amazon Redshift database, provisioned or Serverless, always by TLS that
/// verifies the name.
///
/// Errors: `config` (a URL or role that makes no sense, what loading needs and is not set; those of
/// `login`), `database` (no connection, no right, no such schema, no Redshift).
Result<std::unique_ptr<Warehouse>> open_redshift(const RedshiftOptions& options);

}  // namespace sparkify
