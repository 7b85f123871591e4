#pragma once

#include <cstdint>
#include <string>

#include "record/batch.h"

namespace sparkify::redshift {

/// Appends every row of `batch`, all columns of its schema in their order, as the CSV that COPY
/// takes with `csv null as '\0' timeformat 'auto'`; a row ends with a line feed.
///   NULL       one NUL byte, which no text of ours holds
///   text       in double quotes, inner ones doubled; empty is `""`, so it is not NULL
///   decimal5   218.93179
///   timestamp  2018-11-01 21:01:46.796
///   float64    the shortest digits that give the same number again
/// Source: Amazon Redshift Database Developer Guide, COPY, "Data format parameters" and "Data
/// conversion parameters"; RFC 4180.
void append_csv_rows(const Batch& batch, std::string& out);

/// A decimal5 as text: 21893179 is `218.93179`.
std::string decimal_text(std::int64_t scaled);

}  // namespace sparkify::redshift
