#include "report/analysis_rows.h"

#include <algorithm>
#include <string>

namespace sparkify {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kDayPattern = "0000-00-00";

bool is_day(std::string_view text) {
  if (text.size() != kDayPattern.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (kDayPattern[i] == '0' ? !is_digit : text[i] != '-') return false;
  }
  return true;
}

std::string_view type_name(ResultType type) {
  switch (type) {
    case ResultType::integer:
      return "integer";
    case ResultType::decimal:
    case ResultType::real:
      return "decimal";
    case ResultType::timestamp:
      return "timestamp";
    case ResultType::boolean:
    case ResultType::text:
      break;
  }
  return "text";
}

/// Infinities and what is not a number have no JSON.
Json number(const std::string& text) {
  Json value = Json::parse(text, nullptr, false);
  return value.is_number() ? value : Json();
}

Json value(const Cell& cell, ResultType type) {
  if (cell.is_null) return {};
  const std::string_view name = type_name(type);
  if (name == "integer" || name == "decimal") return number(cell.text);
  return name == "timestamp" ? page_time(cell.text) : cell.text;
}

}  // namespace

std::string page_time(std::string text) {
  const std::size_t space = text.find(' ');
  if (space == std::string::npos) return text;
  text[space] = 'T';
  return text + "Z";
}

Status AnalysisRows::begin(const std::vector<ResultColumn>& columns) {
  columns_ = columns;
  only_days_.assign(columns.size(), true);
  return {};
}

Status AnalysisRows::row(const Row& row) {
  for (const Cell& cell : row) text_bytes_ += cell.text.size();
  is_full_ = is_full_ || rows_.size() == bound_.rows || text_bytes_ > bound_.text_bytes;
  if (is_full_) return {};
  Json values = Json::array();
  for (std::size_t i = 0; i < row.size(); ++i) {
    values.push_back(value(row[i], columns_[i].type));
    only_days_[i] = only_days_[i] && (row[i].is_null || is_day(row[i].text));
  }
  rows_.push_back(std::move(values));
  return {};
}

bool AnalysisRows::has_column(std::string_view name) const {
  return std::any_of(columns_.begin(), columns_.end(),
                     [name](const ResultColumn& column) { return column.name == name; });
}

Json AnalysisRows::columns() const {
  Json columns = Json::array();
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const ResultColumn& column = columns_[i];
    const bool is_date = column.type == ResultType::text && only_days_[i] && !rows_.empty();
    columns.push_back({{"name", column.name}, {"type", is_date ? "date" : type_name(column.type)}});
  }
  return columns;
}

}  // namespace sparkify
