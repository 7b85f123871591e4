#include "warehouse/postgres/binary_copy.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace sparkify::postgres {
namespace {

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

/// A table of one column.
template <ColumnType Type>
const TableSchema& one_column() {
  static const TableSchema schema{"one_column", {{"a", Type, 4096}}};
  return schema;
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

/// Hexadecimal digits as `hex` writes them, from digits with spaces between.
std::string packed(std::string_view spaced) {
  std::string text(spaced);
  std::erase(text, ' ');
  return text;
}

/// The bytes of `batch`'s rows, as hexadecimal digits.
std::string rows_of(const Batch& batch) {
  std::string out;
  append_copy_rows(batch, out);
  return hex(out);
}

/// What one row of one column gives behind its count of columns: length and value.
std::string only_cell(const Batch& batch) {
  const std::string row = rows_of(batch);
  EXPECT_EQ(row.substr(0, 4), "0001");
  return row.substr(4);
}

template <ColumnType Type>
std::string integer_cell(std::int64_t value) {
  Batch batch(one_column<Type>());
  batch.add_integer(0, value);
  batch.end_row();
  return only_cell(batch);
}

std::string decimal_cell(std::int64_t value) { return integer_cell<ColumnType::decimal5>(value); }

std::string double_cell(double value) {
  Batch batch(one_column<ColumnType::float64>());
  batch.add_double(0, value);
  batch.end_row();
  return only_cell(batch);
}

std::string text_cell(std::string_view text) {
  Batch batch(one_column<ColumnType::text>());
  batch.add_text(0, text);
  batch.end_row();
  return only_cell(batch);
}

TEST(CopyHeader, IsSignatureFlagsAndExtension) {
  EXPECT_EQ(hex(kCopyHeader), packed("5047434f50590aff0d0a00 00000000 00000000"));
  EXPECT_EQ(hex(kCopyTrailer), "ffff");
}

TEST(AppendCopyRows, WritesInt32AsInt4) {
  EXPECT_EQ(integer_cell<ColumnType::int32>(0), packed("00000004 00000000"));
  EXPECT_EQ(integer_cell<ColumnType::int32>(16'909'060), packed("00000004 01020304"));
  EXPECT_EQ(integer_cell<ColumnType::int32>(-2), packed("00000004 fffffffe"));
  EXPECT_EQ(integer_cell<ColumnType::int32>(2'147'483'647), packed("00000004 7fffffff"));
  EXPECT_EQ(integer_cell<ColumnType::int32>(-2'147'483'648), packed("00000004 80000000"));
}

// A value that lost its upper half would be a wrong row that nobody sees.
TEST(AppendCopyRows, StopsAtAnInt32ThatIsNone) {
  EXPECT_EXIT(integer_cell<ColumnType::int32>(2'147'483'648), testing::ExitedWithCode(70), "");
}

TEST(AppendCopyRows, WritesInt64AsInt8) {
  EXPECT_EQ(integer_cell<ColumnType::int64>(0), packed("00000008 0000000000000000"));
  EXPECT_EQ(integer_cell<ColumnType::int64>(72'623'859'790'382'856),
            packed("00000008 0102030405060708"));
  EXPECT_EQ(integer_cell<ColumnType::int64>(-1), packed("00000008 ffffffffffffffff"));
  EXPECT_EQ(integer_cell<ColumnType::int64>(kMost), packed("00000008 7fffffffffffffff"));
  EXPECT_EQ(integer_cell<ColumnType::int64>(kLeast), packed("00000008 8000000000000000"));
}

TEST(AppendCopyRows, WritesFloat64AsFloat8) {
  EXPECT_EQ(double_cell(0.0), packed("00000008 0000000000000000"));
  EXPECT_EQ(double_cell(-0.0), packed("00000008 8000000000000000"));
  EXPECT_EQ(double_cell(1.0), packed("00000008 3ff0000000000000"));
  EXPECT_EQ(double_cell(-118.25), packed("00000008 c05d900000000000"));
  EXPECT_EQ(double_cell(5e-324), packed("00000008 0000000000000001"));
  EXPECT_EQ(double_cell(std::numeric_limits<double>::max()), packed("00000008 7fefffffffffffff"));
}

TEST(AppendCopyRows, WritesTimestampsSince2000) {
  EXPECT_EQ(integer_cell<ColumnType::timestamp>(946'684'800'000'000),
            packed("00000008 0000000000000000"));
  EXPECT_EQ(integer_cell<ColumnType::timestamp>(946'684'799'999'000),
            packed("00000008 fffffffffffffc18"));
  EXPECT_EQ(integer_cell<ColumnType::timestamp>(0), packed("00000008 fffca2fec4c82000"));
  EXPECT_EQ(integer_cell<ColumnType::timestamp>(1'541'106'106'796'000),  // 2018-11-01 21:01:46.796
            packed("00000008 00021c9f7ed6a7e0"));
  EXPECT_EQ(integer_cell<ColumnType::timestamp>(kMost), packed("00000008 7ffca2fec4c81fff"));
}

TEST(AppendCopyRows, StopsAtATimestampThatHasNoPlaceBefore2000) {
  EXPECT_EXIT(integer_cell<ColumnType::timestamp>(kLeast), testing::ExitedWithCode(70), "");
}

// Length; then how many digits, the first one's weight, sign, scale; then digits to base 10000.
TEST(AppendCopyRows, WritesDecimalsAsNumericOfScale5) {
  EXPECT_EQ(decimal_cell(0), packed("00000008 0000 0000 0000 0005"));
  EXPECT_EQ(decimal_cell(21'893'179),  // 218.93179
            packed("0000000e 0003 0000 0000 0005 00da 2465 2328"));
  EXPECT_EQ(decimal_cell(-21'893'179), packed("0000000e 0003 0000 4000 0005 00da 2465 2328"));
  EXPECT_EQ(decimal_cell(100'000), packed("0000000a 0001 0000 0000 0005 0001"));
  EXPECT_EQ(decimal_cell(999'900'000), packed("0000000a 0001 0000 0000 0005 270f"));
  EXPECT_EQ(decimal_cell(1'000'000'000), packed("0000000a 0001 0001 0000 0005 0001"));
  EXPECT_EQ(decimal_cell(999'999'999'999),  // 9999999.99999
            packed("00000010 0004 0001 0000 0005 03e7 270f 270f 2328"));
  EXPECT_EQ(decimal_cell(9'999'999'999'999),  // 99999999.99999
            packed("00000010 0004 0001 0000 0005 270f 270f 270f 2328"));
}

TEST(AppendCopyRows, WritesDecimalsBelowOneWithANegativeWeight) {
  EXPECT_EQ(decimal_cell(1), packed("0000000a 0001 fffe 0000 0005 03e8"));   // 0.00001
  EXPECT_EQ(decimal_cell(-9), packed("0000000a 0001 fffe 4000 0005 2328"));  // -0.00009
  EXPECT_EQ(decimal_cell(10), packed("0000000a 0001 ffff 0000 0005 0001"));  // 0.0001
  EXPECT_EQ(decimal_cell(50'000), packed("0000000a 0001 ffff 0000 0005 1388"));
  EXPECT_EQ(decimal_cell(99'999), packed("0000000c 0002 ffff 0000 0005 270f 2328"));
}

TEST(AppendCopyRows, KeepsTheInnerZerosOfDecimals) {
  EXPECT_EQ(decimal_cell(100'001),  // 1.00001
            packed("0000000e 0003 0000 0000 0005 0001 0000 03e8"));
  EXPECT_EQ(decimal_cell(1'000'000'010),  // 10000.0001
            packed("0000000e 0003 0001 0000 0005 0001 0000 0001"));
  EXPECT_EQ(decimal_cell(10'000'000'000'001),  // 100000000.00001
            packed("00000012 0005 0002 0000 0005 0001 0000 0000 0000 03e8"));
}

TEST(AppendCopyRows, WritesTheLargestDecimals) {
  EXPECT_EQ(decimal_cell(kMost),  // 92233720368547.75807
            packed("00000014 0006 0003 0000 0005 005c 0921 07f4 2163 1d9c 1b58"));
  EXPECT_EQ(decimal_cell(kLeast),  // -92233720368547.75808
            packed("00000014 0006 0003 4000 0005 005c 0921 07f4 2163 1d9c 1f40"));
}

TEST(AppendCopyRows, WritesTextAsItsBytes) {
  EXPECT_EQ(text_cell(""), "00000000");
  EXPECT_EQ(text_cell("\t\\N\n"), packed("00000004 095c4e0a"));
  EXPECT_EQ(text_cell("\u00e9\u20ac\U0001F600"), packed("00000009 c3a9 e282ac f09f9880"));
  EXPECT_EQ(text_cell(std::string(300, 'x')).substr(0, 10), packed("0000012c 78"));
}

const TableSchema& every_type() {
  static const TableSchema schema{"every_type",
                                  {{"a", ColumnType::int32},
                                   {"b", ColumnType::int64},
                                   {"c", ColumnType::float64},
                                   {"d", ColumnType::decimal5},
                                   {"e", ColumnType::timestamp},
                                   {"f", ColumnType::text, 64}}};
  return schema;
}

void add_row(Batch& batch, std::int64_t number) {
  for (const std::size_t column : {0, 1, 3, 4}) batch.add_integer(column, number);
  batch.add_double(2, static_cast<double>(number));
  batch.add_text_copy(5, std::to_string(number));
  batch.end_row();
}

void add_null_row(Batch& batch) {
  for (std::size_t column = 0; column < 6; ++column) batch.add_null(column);
  batch.end_row();
}

const std::string kRowOf1 = packed(
    "0006 00000004 00000001 00000008 0000000000000001 00000008 3ff0000000000000 0000000a 0001 fffe "
    "0000 0005 03e8 00000008 fffca2fec4c82001 00000001 31");
const std::string kRowOfNulls =
    packed("0006 ffffffff ffffffff ffffffff ffffffff ffffffff ffffffff");

TEST(AppendCopyRows, WritesRowAfterRowAndNullAsALengthOnly) {
  Batch batch(every_type());
  add_row(batch, 1);
  add_null_row(batch);
  add_row(batch, 1);
  EXPECT_EQ(rows_of(batch), kRowOf1 + kRowOfNulls + kRowOf1);
}

// What stands beside a 0 in `valid` means nothing, and must not be read as a text's length.
TEST(AppendCopyRows, DoesNotLookAtTheValuesOfNulls) {
  Batch batch(every_type());
  add_row(batch, kMost);
  for (std::size_t column = 0; column < 6; ++column) batch.column(column).valid[0] = 0;
  EXPECT_EQ(rows_of(batch), kRowOfNulls);
}

TEST(AppendCopyRows, AppendsToWhatIsThere) {
  Batch batch(every_type());
  add_row(batch, 1);
  std::string out(kCopyHeader);
  append_copy_rows(batch, out);
  append_copy_rows(batch, out);
  out += kCopyTrailer;
  EXPECT_EQ(hex(out), hex(kCopyHeader) + kRowOf1 + kRowOf1 + hex(kCopyTrailer));
}

TEST(AppendCopyRows, AddsNothingForNoRows) {
  Batch batch(every_type());
  EXPECT_EQ(rows_of(batch), "");
  add_row(batch, 1);
  batch.clear();
  EXPECT_EQ(rows_of(batch), "");
}

std::int64_t read_number(std::string_view bytes) {
  std::int64_t value = static_cast<signed char>(bytes[0]);
  for (const char c : bytes.substr(1)) value = value * 256 + static_cast<unsigned char>(c);
  return value;
}

/// The value of the one decimal in `row`, times 100,000.
std::int64_t read_decimal(std::string_view row) {
  const std::string_view cell = row.substr(2);
  const std::int64_t digit_count = read_number(cell.substr(4, 2));
  const std::int64_t weight = read_number(cell.substr(6, 2));
  EXPECT_EQ(read_number(cell.substr(0, 4)), 8 + 2 * digit_count);
  EXPECT_EQ(cell.size(), static_cast<std::size_t>(12 + 2 * digit_count));
  std::uint64_t whole = 0;
  std::uint64_t fraction = 0;  // with 8 digits
  for (std::int64_t i = 0; i < digit_count; ++i) {
    const auto at = static_cast<std::size_t>(12 + 2 * i);
    auto term = static_cast<std::uint64_t>(read_number(cell.substr(at, 2)));
    const std::int64_t power = weight - i;
    for (std::int64_t j = power < 0 ? -2 : 0; j < power; ++j) term *= 10'000;
    (power < 0 ? fraction : whole) += term;
  }
  EXPECT_EQ(fraction % 1000, 0U);
  const std::uint64_t magnitude = whole * 100'000 + fraction / 1000;
  const bool negative = read_number(cell.substr(8, 2)) != 0;
  return static_cast<std::int64_t>(negative ? 0 - magnitude : magnitude);
}

TEST(AppendCopyRows, DecimalsRoundEveryPowerOfTenAreRight) {
  std::vector<std::int64_t> values{0, kMost, kMost - 1, kLeast, kLeast + 1};
  for (std::int64_t power = 1; power <= kMost / 10; power *= 10) {
    for (const std::int64_t near : {power - 1, power, power + 1, power * 5 + 30'000, power * 9}) {
      values.push_back(near);
      values.push_back(-near);
    }
  }
  for (const std::int64_t value : values) {
    Batch batch(one_column<ColumnType::decimal5>());
    batch.add_integer(0, value);
    batch.end_row();
    std::string row;
    append_copy_rows(batch, row);
    EXPECT_EQ(read_decimal(row), value);
  }
}

TEST(CopyColumnList, QuotesTheNamesInTheirOrder) {
  EXPECT_EQ(copy_column_list(every_type()), R"("a", "b", "c", "d", "e", "f")");
  EXPECT_EQ(copy_column_list(one_column<ColumnType::text>()), R"("a")");
}

}  // namespace
}  // namespace sparkify::postgres
