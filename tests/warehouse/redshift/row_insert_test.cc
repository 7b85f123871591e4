#include "warehouse/redshift/row_insert.h"

#include <gtest/gtest.h>

namespace sparkify::redshift {
namespace {

const TableSchema& three_columns() {
  static const TableSchema schema{
      "t",
      {{"n", ColumnType::int64}, {"d", ColumnType::decimal5}, {"s", ColumnType::text, 1 << 20}}};
  return schema;
}

Batch batch_of(std::size_t rows, std::size_t width = 1) {
  Batch batch(three_columns());
  for (std::size_t i = 0; i < rows; ++i) {
    batch.add_integer(0, static_cast<std::int64_t>(i));
    batch.add_integer(1, 150000);
    batch.add_text_copy(2, std::string(width, 'x'));
    batch.end_row();
  }
  return batch;
}

/// Gives batches of 100 rows.
class Hundreds : public BatchSource {
 public:
  explicit Hundreds(int batches, std::size_t width = 1) : left_(batches), width_(width) {}
  const TableSchema& schema() const override { return three_columns(); }
  Result<bool> next(Batch& batch) override {
    batch.clear();
    if (left_-- <= 0) return false;
    batch = batch_of(100, width_);
    return true;
  }

 private:
  int left_;
  std::size_t width_;
};

std::size_t rows_left(BatchSource& source) {
  Batch batch(source.schema());
  std::size_t rows = 0;
  while (*source.next(batch)) rows += batch.row_count();
  return rows;
}

TEST(RowInsert, ValuesAreParametersWithTheTypesOfTheirColumns) {
  Batch batch(three_columns());
  batch.add_null(0);
  batch.add_integer(1, -1);
  batch.add_text_copy(2, "it's");
  batch.end_row();
  batch.add_integer(0, 5);
  batch.add_null(1);
  batch.add_null(2);
  batch.end_row();
  const RowValues values = values_of(batch, 0, 2);
  EXPECT_EQ(values.text,
            "(cast($1 as bigint), cast($2 as decimal(12, 5)), cast($3 as varchar(65535))),\n"
            "(cast($4 as bigint), cast($5 as decimal(12, 5)), cast($6 as varchar(65535)))");
  ASSERT_EQ(values.parameters.size(), 6U);
  EXPECT_TRUE(std::holds_alternative<std::nullptr_t>(values.parameters[0]));
  EXPECT_EQ(std::get<std::string>(values.parameters[1]), "-0.00001");
  EXPECT_EQ(std::get<std::string>(values.parameters[2]), "it's");
  EXPECT_EQ(std::get<std::int64_t>(values.parameters[3]), 5);
  EXPECT_EQ(values_of(batch, 1, 1).parameters.size(), 3U);
}

TEST(RowInsert, FewRowsAreTakenWhole) {
  Hundreds source(3);
  const FewRows few = *take_few_rows(source);
  EXPECT_TRUE(few.are_all);
  EXPECT_EQ(few.count, 300U);
}

TEST(RowInsert, OfManyRowsNoneIsLost) {
  for (const std::size_t width : {std::size_t{1}, std::size_t{50'000}}) {
    Hundreds source(30, width);
    FewRows few = *take_few_rows(source);
    EXPECT_FALSE(few.are_all);
    EXPECT_LT(few.count, 3000U);
    TakenUpSource all(std::move(few.batches), source);
    EXPECT_EQ(rows_left(all), 3000U);
  }
}

TEST(RowInsert, AStatementHasNoMoreParametersThanRedshiftTakes) {
  EXPECT_EQ(rows_in_statement(three_columns()), 32'767U / 3);
}

}  // namespace
}  // namespace sparkify::redshift
