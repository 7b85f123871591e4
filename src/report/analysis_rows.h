#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>

#include "warehouse/rows.h"

namespace sparkify {

/// A result as the page's JSON, up to a bound; what comes behind it is read and dropped.
class AnalysisRows : public RowVisitor {
 public:
  struct Bound {
    std::size_t rows;
    std::size_t text_bytes;  ///< of all cells
  };
  explicit AnalysisRows(Bound bound) : bound_(bound) {}

  Status begin(const std::vector<ResultColumn>& columns) override;
  Status row(const Row& row) override;

  bool has_column(std::string_view name) const;
  bool is_truncated() const { return is_full_; }
  /// An array of {"name", "type"}. A text of which every value is a day, such as 2018-11-01, has
  /// the type `date`.
  nlohmann::ordered_json columns() const;
  /// An array of arrays.
  const nlohmann::ordered_json& rows() const { return rows_; }

 private:
  Bound bound_;
  std::size_t text_bytes_ = 0;
  bool is_full_ = false;
  std::vector<ResultColumn> columns_;
  std::vector<bool> only_days_;  ///< of each column: no value was anything else
  nlohmann::ordered_json rows_ = nlohmann::ordered_json::array();
};

/// A time in UTC as the page has it: `2018-11-15 19:01:46.796` is `2018-11-15T19:01:46.796Z`.
std::string page_time(std::string text);

}  // namespace sparkify
