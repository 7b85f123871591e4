#pragma once

// Only for the .cc files of this folder: it brings DuckDB's C header in.

#include "warehouse/duckdb/duckdb_handles.h"
#include "warehouse/rows.h"

namespace sparkify::duck {

/// Whether a column of this type can be read by read_result; others have to be cast to text.
bool is_readable(duckdb_type type);

/// Hands every row of `result` to `visitor`. All columns must be readable.
Status read_result(duckdb_result& result, RowVisitor& visitor);

}  // namespace sparkify::duck
