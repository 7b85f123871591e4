// Runs SQL on a DuckDB file, so that tests can make what sparkify itself never makes.
// Usage: duckdb_exec FILE SQL

#include <cstdio>

#include "duckdb.h"

namespace {

constexpr int kFailed = 1;
constexpr int kUsage = 2;

bool run(duckdb_connection connection, const char* sql) {
  duckdb_result result;
  const bool done = duckdb_query(connection, sql, &result) == DuckDBSuccess;
  if (!done) std::fprintf(stderr, "duckdb_exec: %s\n", duckdb_result_error(&result));
  duckdb_destroy_result(&result);
  return done;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: duckdb_exec FILE SQL\n", stderr);
    return kUsage;
  }
  duckdb_database database = nullptr;
  char* message = nullptr;
  if (duckdb_open_ext(argv[1], &database, nullptr, &message) != DuckDBSuccess) {
    std::fprintf(stderr, "duckdb_exec: %s\n", message == nullptr ? "cannot open" : message);
    duckdb_free(message);
    return kFailed;
  }
  duckdb_connection connection = nullptr;
  const bool done =
      duckdb_connect(database, &connection) == DuckDBSuccess && run(connection, argv[2]);
  duckdb_disconnect(&connection);
  duckdb_close(&database);
  return done ? 0 : kFailed;
}
