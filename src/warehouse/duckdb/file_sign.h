#pragma once

#include <string>

namespace sparkify {

/// A text that is another one whenever a DuckDB file or its log has been written: their sizes and
/// times; of no file too. Opens nothing and so is in nobody's way.
std::string duckdb_file_sign(const std::string& path);

}  // namespace sparkify
