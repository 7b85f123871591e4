#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "warehouse/warehouse.h"

namespace sparkify {

struct DuckdbOptions {
  std::string path;
  /// `write`: one process at a time, takes the lock file. `sandbox`: no files, settings,
  /// extensions. `view`: the same, on a copy of the file.
  WarehouseAccess access = WarehouseAccess::read;
  bool create = false;  ///< make the file if there is none; else that is an error
  std::size_t threads = 1;
  std::uint64_t memory_limit_bytes = std::uint64_t{1} << 30;  ///< for DuckDB's own buffers
};

/// Opens an embedded DuckDB file.
///
/// Errors: `database` (no such file, no right, not a DuckDB file, written by a newer DuckDB),
/// `locked` (another process holds it: a run, or while writing is asked for, a reader).
/// What a killed run left beside the file (`PATH.tmp/`) is removed when it is opened to write.
Result<std::unique_ptr<Warehouse>> open_duckdb(const DuckdbOptions& options);

/// What an exception of DuckDB says, whose `what()` is a document of its own; nothing if it is none
/// of DuckDB's. Its C interface throws none, but where it fails again while it takes a failed
/// commit back, or without memory, one reaches std::terminate.
std::optional<std::string> duckdb_exception_message(std::string_view what);

/// The version of the DuckDB library in use, such as "v1.5.4".
std::string duckdb_version();

}  // namespace sparkify
