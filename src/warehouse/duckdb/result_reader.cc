#include "warehouse/duckdb/result_reader.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <limits>

#include "base/time.h"

namespace sparkify::duck {

namespace {

struct ColumnReader {
  duckdb_type type = DUCKDB_TYPE_INVALID;
  duckdb_type storage = DUCKDB_TYPE_INVALID;  ///< decimals: the integer they are kept in
  std::uint8_t scale = 0;
};

ResultType result_type(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
      return ResultType::boolean;
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
      return ResultType::integer;
    case DUCKDB_TYPE_DECIMAL:
      return ResultType::decimal;
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
      return ResultType::real;
    case DUCKDB_TYPE_TIMESTAMP:
      return ResultType::timestamp;
    default:
      return ResultType::text;
  }
}

template <typename T>
T value_at(duckdb_vector vector, idx_t row) {
  return static_cast<const T*>(duckdb_vector_get_data(vector))[row];
}

__extension__ typedef __int128 Int128;

std::string digits_of(Int128 value) { return fmt::format("{}", value); }

Int128 integer_at(duckdb_vector vector, duckdb_type type, idx_t row) {
  switch (type) {
    case DUCKDB_TYPE_TINYINT:
      return value_at<std::int8_t>(vector, row);
    case DUCKDB_TYPE_SMALLINT:
      return value_at<std::int16_t>(vector, row);
    case DUCKDB_TYPE_INTEGER:
      return value_at<std::int32_t>(vector, row);
    case DUCKDB_TYPE_BIGINT:
      return value_at<std::int64_t>(vector, row);
    case DUCKDB_TYPE_UTINYINT:
      return value_at<std::uint8_t>(vector, row);
    case DUCKDB_TYPE_USMALLINT:
      return value_at<std::uint16_t>(vector, row);
    case DUCKDB_TYPE_UINTEGER:
      return value_at<std::uint32_t>(vector, row);
    case DUCKDB_TYPE_UBIGINT:
      return value_at<std::uint64_t>(vector, row);
    default: {
      const auto huge = value_at<duckdb_hugeint>(vector, row);
      return (static_cast<Int128>(huge.upper) << 64) + huge.lower;
    }
  }
}

std::string decimal_text(Int128 value, std::uint8_t scale) {
  const char* sign = value < 0 ? "-" : "";
  const std::string digits = fmt::format("{:0>{}}", digits_of(value < 0 ? -value : value),
                                         static_cast<std::size_t>(scale) + 1);
  const std::string_view whole = std::string_view(digits).substr(0, digits.size() - scale);
  if (scale == 0) return fmt::format("{}{}", sign, whole);
  return fmt::format("{}{}.{}", sign, whole, std::string_view(digits).substr(whole.size()));
}

std::string timestamp_text(std::int64_t micros) {
  constexpr std::int64_t kInfinity = std::numeric_limits<std::int64_t>::max();
  if (micros == kInfinity) return "infinity";
  return micros == -kInfinity ? "-infinity" : format_time(micros);
}

std::string cell_text(const ColumnReader& column, duckdb_vector vector, idx_t row) {
  switch (column.type) {
    case DUCKDB_TYPE_BOOLEAN:
      return value_at<bool>(vector, row) ? "true" : "false";
    case DUCKDB_TYPE_FLOAT:
      return fmt::format("{}", value_at<float>(vector, row));
    case DUCKDB_TYPE_DOUBLE:
      return fmt::format("{}", value_at<double>(vector, row));
    case DUCKDB_TYPE_DECIMAL:
      return decimal_text(integer_at(vector, column.storage, row), column.scale);
    case DUCKDB_TYPE_TIMESTAMP:
      return timestamp_text(value_at<duckdb_timestamp>(vector, row).micros);
    case DUCKDB_TYPE_VARCHAR: {
      auto text = value_at<duckdb_string_t>(vector, row);
      return {duckdb_string_t_data(&text), duckdb_string_t_length(text)};
    }
    default:
      return digits_of(integer_at(vector, column.type, row));
  }
}

Status read_chunk(duckdb_data_chunk chunk, const std::vector<ColumnReader>& readers,
                  RowVisitor& visitor) {
  const idx_t rows = duckdb_data_chunk_get_size(chunk);
  Row row(readers.size());
  for (idx_t i = 0; i < rows; ++i) {
    for (std::size_t c = 0; c < readers.size(); ++c) {
      duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, c);
      std::uint64_t* validity = duckdb_vector_get_validity(vector);
      row[c].is_null = validity != nullptr && !duckdb_validity_row_is_valid(validity, i);
      row[c].text = row[c].is_null ? std::string() : cell_text(readers[c], vector, i);
    }
    TRY(visitor.row(row));
  }
  return {};
}

}  // namespace

bool is_readable(duckdb_type type) {
  return type == DUCKDB_TYPE_VARCHAR || result_type(type) != ResultType::text;
}

Status read_result(duckdb_result& result, RowVisitor& visitor) {
  std::vector<ColumnReader> readers;
  std::vector<ResultColumn> columns;
  for (idx_t i = 0; i < duckdb_column_count(&result); ++i) {
    const LogicalType type(duckdb_column_logical_type(&result, i));
    ColumnReader reader;
    reader.type = duckdb_column_type(&result, i);
    if (!is_readable(reader.type)) {
      return make_error(
          ErrorKind::database,
          fmt::format("column {} of the result has a type that has to be cast to text",
                      duckdb_column_name(&result, i)));
    }
    if (reader.type == DUCKDB_TYPE_DECIMAL) {
      reader.storage = duckdb_decimal_internal_type(type.get());
      reader.scale = duckdb_decimal_scale(type.get());
    }
    readers.push_back(reader);
    columns.push_back({duckdb_column_name(&result, i), result_type(reader.type)});
  }
  TRY(visitor.begin(columns));
  while (true) {
    const DataChunk chunk(duckdb_fetch_chunk(result));
    if (!chunk || duckdb_data_chunk_get_size(chunk.get()) == 0) break;
    TRY(read_chunk(chunk.get(), readers, visitor));
  }
  return {};
}

}  // namespace sparkify::duck
