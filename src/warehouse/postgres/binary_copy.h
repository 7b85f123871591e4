#pragma once

#include <string>
#include <string_view>

#include "record/batch.h"

namespace sparkify::postgres {

/// The bytes that `COPY table (columns...) FROM STDIN (FORMAT binary)` takes: kCopyHeader once,
/// then rows, then kCopyTrailer. Source: PostgreSQL's manual, COPY, "Binary Format"; numeric as
/// numeric_recv reads it.
extern const std::string_view kCopyHeader;
extern const std::string_view kCopyTrailer;

/// Appends every row of `batch`, all columns of its schema in their order, to `out`.
///   int32      int4          int64      int8          float64    float8
///   decimal5   numeric with 5 digits behind the point
///   timestamp  timestamp: microseconds since 2000-01-01
///   text       the bytes as they are: the server's and the client's encoding must be UTF-8
void append_copy_rows(const Batch& batch, std::string& out);

/// The names of a table's columns as a list for COPY: `"artist", "auth", ...`.
std::string copy_column_list(const TableSchema& schema);

}  // namespace sparkify::postgres
