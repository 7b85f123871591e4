#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"

namespace sparkify {

/// A bound parameter of a statement ($1, $2, ...). Times are text `YYYY-MM-DD HH:MM:SS.mmm`, cast
/// by the SQL.
using Value = std::variant<std::nullptr_t, std::int64_t, double, std::string>;
using Values = std::vector<Value>;

/// What a result column's text means.
enum class ResultType {
  boolean,  ///< true, false
  integer,
  decimal,    ///< digits with a point
  real,       ///< shortest form that reads back the same; nan, inf, -inf
  timestamp,  ///< YYYY-MM-DD HH:MM:SS.mmm, UTC
  text,       ///< and everything else, as the warehouse casts it to text
};

struct ResultColumn {
  std::string name;
  ResultType type = ResultType::text;
};

struct Cell {
  bool is_null = true;
  std::string text;
};

using Row = std::vector<Cell>;

/// Takes a result as it comes. An error stops the reading and is passed on.
class RowVisitor {
 public:
  virtual ~RowVisitor() = default;
  virtual Status begin(const std::vector<ResultColumn>& columns) = 0;
  virtual Status row(const Row& row) = 0;
};

/// A whole result in memory: for results that are known to be small.
struct Rows : RowVisitor {
  std::vector<ResultColumn> columns;
  std::vector<Row> rows;

  Status begin(const std::vector<ResultColumn>& result_columns) override {
    columns = result_columns;
    return {};
  }
  Status row(const Row& next) override {
    rows.push_back(next);
    return {};
  }
  bool empty() const { return rows.empty(); }
  const Cell& at(std::size_t row_index, std::size_t column) const {
    return rows.at(row_index).at(column);
  }
  /// NULL is 0.
  std::int64_t integer(std::size_t row_index, std::size_t column) const {
    const Cell& cell = at(row_index, column);
    return cell.is_null ? 0 : std::stoll(cell.text);
  }
};

}  // namespace sparkify
