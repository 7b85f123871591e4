#pragma once

#include <string>

#include "base/result.h"
#include "sql/sql_library.h"
#include "warehouse/warehouse.h"

namespace sparkify {

/// Lets `role`, which must exist, read the tables and views of the star, and takes away whatever
/// else it was granted on our tables. In one transaction; safe to repeat.
/// Errors: `config`: a warehouse that has no roles; `database`: no such role, one that owns the
/// tables or may do more for other reasons (named), no right to grant.
Status grant_readonly(Warehouse& warehouse, const SqlLibrary& sql, const std::string& role);

}  // namespace sparkify
