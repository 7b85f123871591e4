#include "warehouse/redshift/row_insert.h"

#include <fmt/format.h>

#include "base/assert.h"
#include "base/time.h"
#include "warehouse/redshift/csv_rows.h"

namespace sparkify::redshift {

namespace {

constexpr std::size_t kRowsMax = 1000;
constexpr std::size_t kTextBytesMax = std::size_t{1} << 20;
constexpr std::size_t kParametersMax = 32'767;

std::size_t text_bytes(const Batch& batch) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < batch.schema()->columns.size(); ++i) {
    for (const std::string_view text : batch.column(i).texts) bytes += text.size();
  }
  return bytes;
}

std::string_view type_name(ColumnType type) {
  switch (type) {
    case ColumnType::int32:
      return "integer";
    case ColumnType::int64:
      return "bigint";
    case ColumnType::float64:
      return "double precision";
    case ColumnType::decimal5:
      return "decimal(12, 5)";
    case ColumnType::timestamp:
      return "timestamp";
    case ColumnType::text:
      return "varchar(65535)";
  }
  SPARKIFY_ASSERT(false);
}

Value value_of(const Column& column, ColumnType type, std::size_t row) {
  if (column.valid[row] == 0) return nullptr;
  switch (type) {
    case ColumnType::int32:
    case ColumnType::int64:
      return column.integers[row];
    case ColumnType::float64:
      return column.doubles[row];
    case ColumnType::decimal5:
      return decimal_text(column.integers[row]);
    case ColumnType::timestamp:
      return format_time(column.integers[row]);
    case ColumnType::text:
      return std::string(column.texts[row]);
  }
  SPARKIFY_ASSERT(false);
}

}  // namespace

Result<FewRows> take_few_rows(BatchSource& source) {
  FewRows taken;
  std::size_t bytes = 0;
  while (taken.count <= kRowsMax && bytes <= kTextBytesMax) {
    Batch batch(source.schema());
    TRY_ASSIGN(const bool more, source.next(batch));
    if (!more) {
      taken.are_all = true;
      return taken;
    }
    taken.count += batch.row_count();
    bytes += text_bytes(batch);
    taken.batches.push_back(std::move(batch));
  }
  return taken;
}

std::size_t rows_in_statement(const TableSchema& schema) {
  return kParametersMax / schema.columns.size();
}

RowValues values_of(const Batch& batch, std::size_t first_row, std::size_t row_count) {
  const std::vector<ColumnSchema>& columns = batch.schema()->columns;
  RowValues values;
  for (std::size_t row = first_row; row < first_row + row_count; ++row) {
    values.text += row == first_row ? "(" : ",\n(";
    for (std::size_t i = 0; i < columns.size(); ++i) {
      values.parameters.push_back(value_of(batch.column(i), columns[i].type, row));
      values.text += fmt::format("{}cast(${} as {})", i == 0 ? "" : ", ", values.parameters.size(),
                                 type_name(columns[i].type));
    }
    values.text += ")";
  }
  return values;
}

Result<bool> TakenUpSource::next(Batch& batch) {
  {
    const std::lock_guard lock(mutex_);
    if (!taken_.empty()) {
      batch = std::move(taken_.front());
      taken_.pop_front();
      return true;
    }
  }
  return rest_.next(batch);
}

}  // namespace sparkify::redshift
