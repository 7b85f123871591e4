#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/warehouse_factory.h"
#include "warehouse/rows.h"

namespace sparkify {

/// What there is to ask: the tables and views that a user sees. Names are the database's, which may
/// be anything.
struct TableCatalogue {
  struct Column {
    std::string name;
    std::string type;
    bool takes_null = true;
  };
  struct Table {
    std::string name;
    std::string kind;  ///< table, view
    std::vector<Column> columns;
  };
  std::vector<Table> tables;

  /// By name; where none is called exactly so, case does not count. Null if there is none.
  const Table* find(std::string_view name) const;
};

/// Errors: the warehouse's.
Result<TableCatalogue> read_catalogue(OpenWarehouse& open);

/// As tables to show: of all, and of one table's columns.
Rows table_list(const TableCatalogue& catalogue);
Rows column_list(const TableCatalogue::Table& table);

/// `text` in lower case, as far as it is ASCII.
std::string lower_case(std::string_view text);

}  // namespace sparkify
