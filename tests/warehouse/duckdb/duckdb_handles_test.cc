#include "warehouse/duckdb/duckdb_handles.h"

#include <gtest/gtest.h>

#include <string>

namespace sparkify::duck {
namespace {

TEST(DuckdbHandles, AFailureWithoutAResultHasWords) {
  QueryResult result;
  ASSERT_EQ(duckdb_result_error(result.out()), nullptr);
  EXPECT_EQ(error_text(result), "no reason given, as when no memory is left");
}

TEST(DuckdbHandles, AFailureIsToldInDuckdbsWords) {
  Database database;
  ASSERT_EQ(duckdb_open(nullptr, database.out()), DuckDBSuccess);
  Connection connection;
  ASSERT_EQ(duckdb_connect(database.get(), connection.out()), DuckDBSuccess);
  QueryResult result;
  ASSERT_NE(duckdb_query(connection.get(), "nonsense", result.out()), DuckDBSuccess);
  EXPECT_NE(error_text(result).find("syntax error"), std::string_view::npos);
}

}  // namespace
}  // namespace sparkify::duck
