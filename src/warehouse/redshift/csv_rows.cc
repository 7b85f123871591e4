#include "warehouse/redshift/csv_rows.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <iterator>

#include "base/assert.h"
#include "base/time.h"

namespace sparkify::redshift {

namespace {

constexpr char kNull = '\0';
constexpr std::int64_t kDecimalUnit = 100'000;

void append_quoted(std::string_view text, std::string& out) {
  out += '"';
  while (true) {
    const std::size_t quote = text.find('"');
    out += text.substr(0, quote);
    if (quote == std::string_view::npos) break;
    out += "\"\"";
    text.remove_prefix(quote + 1);
  }
  out += '"';
}

void append_decimal(std::int64_t scaled, std::string& out) {
  // The sign is written apart: -0.5 has no negative whole part.
  const auto magnitude =
      scaled < 0 ? 0 - static_cast<std::uint64_t>(scaled) : static_cast<std::uint64_t>(scaled);
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}{}.{:05}"), scaled < 0 ? "-" : "",
                 magnitude / kDecimalUnit, magnitude % kDecimalUnit);
}

void append_value(const Column& column, ColumnType type, std::size_t row, std::string& out) {
  if (column.valid[row] == 0) {
    out += kNull;
    return;
  }
  switch (type) {
    case ColumnType::int32:
    case ColumnType::int64:
      fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}"), column.integers[row]);
      return;
    case ColumnType::float64:
      fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}"), column.doubles[row]);
      return;
    case ColumnType::decimal5:
      append_decimal(column.integers[row], out);
      return;
    case ColumnType::timestamp:
      out += format_time(column.integers[row]);
      return;
    case ColumnType::text:
      append_quoted(column.texts[row], out);
      return;
  }
  SPARKIFY_ASSERT(false);
}

}  // namespace

std::string decimal_text(std::int64_t scaled) {
  std::string text;
  append_decimal(scaled, text);
  return text;
}

void append_csv_rows(const Batch& batch, std::string& out) {
  const std::vector<ColumnSchema>& columns = batch.schema()->columns;
  for (std::size_t row = 0; row < batch.row_count(); ++row) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (i > 0) out += ',';
      append_value(batch.column(i), columns[i].type, row, out);
    }
    out += '\n';
  }
}

}  // namespace sparkify::redshift
