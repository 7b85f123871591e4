#include "cli/shell/table_catalogue.h"

#include <algorithm>
#include <utility>

namespace sparkify {

namespace {

/// Bounds what a strange database can make us hold.
constexpr std::size_t kColumnsMax = 100'000;

enum Field : std::size_t { kTable, kKind, kColumn, kType, kNullable };

Cell cell(std::string text) { return Cell{false, std::move(text)}; }

ResultColumn text_column(const char* name) { return ResultColumn{name, ResultType::text}; }

}  // namespace

const TableCatalogue::Table* TableCatalogue::find(std::string_view name) const {
  const auto where = [this](const auto& is_meant) -> const Table* {
    const auto found = std::find_if(tables.begin(), tables.end(), is_meant);
    return found == tables.end() ? nullptr : &*found;
  };
  if (const Table* const table = where([&](const Table& each) { return each.name == name; })) {
    return table;
  }
  const std::string lower = lower_case(name);
  return where([&](const Table& each) { return lower_case(each.name) == lower; });
}

Result<TableCatalogue> read_catalogue(OpenWarehouse& open) {
  TRY_ASSIGN(const Rows rows, open.warehouse->query(open.sql.get("shell/columns")));
  TableCatalogue catalogue;
  for (std::size_t i = 0; i < std::min(rows.rows.size(), kColumnsMax); ++i) {
    const auto text = [&](Field field) { return rows.at(i, field).text; };
    if (catalogue.tables.empty() || catalogue.tables.back().name != text(kTable)) {
      catalogue.tables.push_back({text(kTable), text(kKind), {}});
    }
    catalogue.tables.back().columns.push_back(
        {text(kColumn), text(kType), text(kNullable) == "YES"});
  }
  return catalogue;
}

Rows table_list(const TableCatalogue& catalogue) {
  Rows rows;
  rows.columns = {text_column("name"), text_column("kind"), {"columns", ResultType::integer}};
  for (const TableCatalogue::Table& table : catalogue.tables) {
    rows.rows.push_back(
        {cell(table.name), cell(table.kind), cell(std::to_string(table.columns.size()))});
  }
  return rows;
}

Rows column_list(const TableCatalogue::Table& table) {
  Rows rows;
  rows.columns = {text_column("column"), text_column("type"), text_column("null")};
  for (const TableCatalogue::Column& column : table.columns) {
    rows.rows.push_back(
        {cell(column.name), cell(column.type), cell(column.takes_null ? "" : "never")});
  }
  return rows;
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace sparkify
