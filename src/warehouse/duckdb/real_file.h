#pragma once

#include <string>

namespace sparkify {

/// The file that `path` leads to, if need be through symbolic links, whether it is there or not.
/// DuckDB puts its log beside that one, and so must whatever else belongs to it.
std::string duckdb_real_file(const std::string& path);

}  // namespace sparkify
