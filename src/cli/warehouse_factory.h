#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "cli/command_context.h"
#include "cli/settings.h"
#include "cli/source_access.h"
#include "sql/sql_library.h"
#include "warehouse/warehouse.h"

namespace sparkify {

/// What a command wants to do with the warehouse.
enum class WarehouseUse {
  create,    ///< write, and make it if it is not there
  write,     ///< load
  manage,    ///< write, but load nothing
  read,      ///< read with our own SQL
  user_sql,  ///< read with a user's SQL
  view,      ///< read with our SQL and users', of one moment, in nobody's way
};

/// An open warehouse and the SQL that it understands.
struct OpenWarehouse {
  std::unique_ptr<SourceAccess> aws;  ///< what a warehouse needs of it; may be none
  std::unique_ptr<Warehouse> warehouse;
  SqlLibrary sql;
};

/// Opens the warehouse that the settings name; the URL's scheme chooses the backend.
/// Errors: `config` for a scheme that is unknown, else the backend's.
Result<OpenWarehouse> open_warehouse(const CommandContext& context, WarehouseUse use);

}  // namespace sparkify
