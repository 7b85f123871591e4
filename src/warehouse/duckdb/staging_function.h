#pragma once

// Only for the .cc files of this folder: it brings DuckDB's C header in.

#include <memory>
#include <mutex>
#include <optional>

#include "record/batch.h"
#include "warehouse/duckdb/duckdb_handles.h"

namespace sparkify::duck {

/// A table function that yields the rows of whatever BatchSource is set. DuckDB calls it on its own
/// threads, so the source's rows are made there, in parallel, and go straight into DuckDB's
/// vectors.
///
/// A TEMP table belongs to one connection; that is why all rows have to come through one query.
class StagingFunction {
 public:
  static constexpr const char* kName = "sparkify_rows";

  /// Makes the function known to `connection`. The object must outlive the connection.
  Status register_in(duckdb_connection connection, std::size_t threads);

  /// What the next query over the function reads; null afterwards.
  void set_source(BatchSource* source);
  /// The error that stopped the last query, if it came from the source.
  std::optional<Error> take_error();

 private:
  struct LocalState;

  static void bind(duckdb_bind_info info);
  static void init(duckdb_init_info info);
  static void local_init(duckdb_init_info info);
  static void run(duckdb_function_info info, duckdb_data_chunk output);
  bool refill(LocalState& state, duckdb_function_info info);

  std::size_t threads_ = 1;
  BatchSource* source_ = nullptr;
  std::mutex mutex_;
  std::optional<Error> error_;
};

}  // namespace sparkify::duck
