#pragma once

// Only for the .cc files of this folder: it brings DuckDB's C header in.

#include <duckdb.h>

#include <string_view>

#include "base/handle.h"

// In the library since 1.5; the header of 1.4.4, the last that npm has, does not know it yet.
extern "C" void duckdb_unsafe_vector_assign_string_element_len(duckdb_vector vector, idx_t index,
                                                               const char* text, idx_t text_len);

namespace sparkify::duck {

using Database = Handle<duckdb_database, duckdb_close>;
using Connection = Handle<duckdb_connection, duckdb_disconnect>;
using Config = Handle<duckdb_config, duckdb_destroy_config>;
using Statement = Handle<duckdb_prepared_statement, duckdb_destroy_prepare>;
using LogicalType = Handle<duckdb_logical_type, duckdb_destroy_logical_type>;
using DataChunk = Handle<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using TableFunction = Handle<duckdb_table_function, duckdb_destroy_table_function>;

/// duckdb_result is a plain struct, not a pointer.
class QueryResult {
 public:
  QueryResult() = default;
  QueryResult(const QueryResult&) = delete;
  QueryResult& operator=(const QueryResult&) = delete;
  ~QueryResult() { duckdb_destroy_result(&raw_); }
  duckdb_result* out() { return &raw_; }
  duckdb_result& get() { return raw_; }

 private:
  duckdb_result raw_{};
};

/// Why a query failed. Where DuckDB had no memory for a result, it has no text either.
inline std::string_view error_text(QueryResult& result) {
  const char* text = duckdb_result_error(result.out());
  return text == nullptr ? "no reason given, as when no memory is left" : text;
}

}  // namespace sparkify::duck
