#pragma once

#include "base/result.h"
#include "sql/sql_library.h"
#include "warehouse/warehouse.h"

namespace sparkify {

/// Makes sure that the warehouse has our tables, in the version that this program works with.
/// Errors: `database`, with what to do: make them, or use a newer program.
Status expect_our_schema(Warehouse& warehouse, const SqlLibrary& sql);

/// Whether the user may read what runs did; without, the tables' version cannot be told either.
/// Tables that are not there are no secret.
Result<bool> may_read_runs(Warehouse& warehouse, const SqlLibrary& sql);

/// What create-tables did.
struct CreatedTables {
  std::vector<std::string> dropped;
  std::vector<std::string> created;
  std::vector<std::string> present;
};

/// Makes the tables and views of the data contract, in one transaction. `drop`: drops ours first.
/// Errors: `database`, also when the tables there are of a newer version and shall stay.
Result<CreatedTables> create_tables(Warehouse& warehouse, const SqlLibrary& sql, bool drop);

/// Which of our tables and views are there.
Result<std::vector<std::string>> existing_tables(Warehouse& warehouse, const SqlLibrary& sql);

}  // namespace sparkify
