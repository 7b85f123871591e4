#include "warehouse/libpq/result_text.h"

#include <gtest/gtest.h>

namespace sparkify::libpq {
namespace {

constexpr std::uint32_t kBool = 16;
constexpr std::uint32_t kInt8 = 20;
constexpr std::uint32_t kText = 25;
constexpr std::uint32_t kFloat8 = 701;
constexpr std::uint32_t kTimestamp = 1114;
constexpr std::uint32_t kNumeric = 1700;

TEST(CellText, TimestampsHaveMilliseconds) {
  EXPECT_EQ(cell_text(kTimestamp, "2018-11-01 00:00:27"), "2018-11-01 00:00:27.000");
  EXPECT_EQ(cell_text(kTimestamp, "2018-11-01 00:00:27.9"), "2018-11-01 00:00:27.900");
  EXPECT_EQ(cell_text(kTimestamp, "2018-11-01 00:00:27.922999"), "2018-11-01 00:00:27.922");
  EXPECT_EQ(cell_text(kTimestamp, "infinity"), "infinity");
  EXPECT_EQ(cell_text(kTimestamp, "0044-03-15 00:00:00 BC"), "0044-03-15 00:00:00 BC");
}

TEST(CellText, OtherTypesAreAsInTheOtherWarehouses) {
  EXPECT_EQ(cell_text(kBool, "t"), "true");
  EXPECT_EQ(cell_text(kBool, "f"), "false");
  EXPECT_EQ(cell_text(kFloat8, "NaN"), "nan");
  EXPECT_EQ(cell_text(kNumeric, "-Infinity"), "-inf");
  EXPECT_EQ(cell_text(kNumeric, "218.93179"), "218.93179");
  EXPECT_EQ(cell_text(kText, "t"), "t");
}

TEST(ResultType, IsByTheNumberOfTheType) {
  EXPECT_EQ(result_type(kInt8), ResultType::integer);
  EXPECT_EQ(result_type(kNumeric), ResultType::decimal);
  EXPECT_EQ(result_type(kFloat8), ResultType::real);
  EXPECT_EQ(result_type(kTimestamp), ResultType::timestamp);
  EXPECT_EQ(result_type(3802), ResultType::text);  // jsonb
}

}  // namespace
}  // namespace sparkify::libpq
