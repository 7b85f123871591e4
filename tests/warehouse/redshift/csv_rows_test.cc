#include "warehouse/redshift/csv_rows.h"

#include <gtest/gtest.h>

#include <limits>

namespace sparkify::redshift {
namespace {

using std::string_literals::operator""s;

const TableSchema& every_type() {
  static const TableSchema schema{"t",
                                  {{"i", ColumnType::int32},
                                   {"l", ColumnType::int64},
                                   {"d", ColumnType::float64},
                                   {"n", ColumnType::decimal5},
                                   {"at", ColumnType::timestamp},
                                   {"s", ColumnType::text, 64}}};
  return schema;
}

std::string csv(const Batch& batch) {
  std::string out;
  append_csv_rows(batch, out);
  return out;
}

Batch row(std::int64_t number, std::int64_t big, double real, std::int64_t scaled,
          std::int64_t micros, std::string_view text) {
  Batch batch(every_type());
  batch.add_integer(0, number);
  batch.add_integer(1, big);
  batch.add_double(2, real);
  batch.add_integer(3, scaled);
  batch.add_integer(4, micros);
  batch.add_text_copy(5, text);
  batch.end_row();
  return batch;
}

TEST(CsvRows, EveryTypeInItsForm) {
  EXPECT_EQ(csv(row(7, -8, 0.1, 21893179, 1541106106796000, "a")),
            "7,-8,0.1,218.93179,2018-11-01 21:01:46.796,\"a\"\n");
  EXPECT_EQ(csv(row(0, std::numeric_limits<std::int64_t>::min(), -1e300, -50000, 0, "")),
            "0,-9223372036854775808,-1e+300,-0.50000,1970-01-01 00:00:00.000,\"\"\n");
}

TEST(CsvRows, NullIsOneNulAndSoNeverEmptyText) {
  Batch batch(every_type());
  for (std::size_t column = 0; column < every_type().columns.size(); ++column) {
    batch.add_null(column);
  }
  batch.end_row();
  EXPECT_EQ(csv(batch), "\0,\0,\0,\0,\0,\0\n"s);
}

TEST(CsvRows, TextKeepsEveryByte) {
  EXPECT_EQ(csv(row(1, 1, 1, 0, 0, "say \"hi\",\r\n\\N é")),
            "1,1,1,0.00000,1970-01-01 00:00:00.000,\"say \"\"hi\"\",\r\n\\N é\"\n");
  EXPECT_EQ(csv(row(1, 1, 1, 0, 0, "\"")), "1,1,1,0.00000,1970-01-01 00:00:00.000,\"\"\"\"\n");
}

TEST(CsvRows, RowsFollowEachOther) {
  Batch batch = row(1, 2, 3, 4, 0, "x");
  std::string out = "before\n";
  append_csv_rows(batch, out);
  EXPECT_EQ(out, "before\n1,2,3,0.00004,1970-01-01 00:00:00.000,\"x\"\n");
}

}  // namespace
}  // namespace sparkify::redshift
