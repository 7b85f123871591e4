#include "transform/time_rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <numeric>
#include <vector>

namespace sparkify {
namespace {

std::vector<std::int64_t> drain(TimeRows& rows) {
  std::vector<std::int64_t> start_times;
  Batch batch(time_schema());
  while (*rows.next(batch)) {
    EXPECT_GT(batch.row_count(), 0U);
    const auto& column = batch.column(0).integers;
    start_times.insert(start_times.end(), column.begin(), column.end());
  }
  EXPECT_EQ(batch.row_count(), 0U);
  return start_times;
}

TEST(TimeRows, ARowTellsTheMomentsParts) {
  TimeRows rows({1'541'105'830'796'000});  // 2018-11-01 20:57:10.796, a Thursday
  Batch batch(time_schema());
  ASSERT_TRUE(*rows.next(batch));
  ASSERT_EQ(batch.row_count(), 1U);
  const std::vector<std::int64_t> expected{1'541'105'830'796'000, 20, 1, 44, 11, 2018, 4};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(batch.column(i).integers[0], expected[i]) << i;
  }
  EXPECT_FALSE(*rows.next(batch));
}

TEST(TimeRows, SeveralThreadsGetEachTimeOnce) {
  std::vector<std::int64_t> start_times(150'000);
  std::iota(start_times.begin(), start_times.end(), 7);
  TimeRows rows(start_times);
  auto first = std::async(std::launch::async, [&rows] { return drain(rows); });
  std::vector<std::int64_t> found = drain(rows);
  const std::vector<std::int64_t> others = first.get();
  found.insert(found.end(), others.begin(), others.end());
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, start_times);
}

TEST(TimeRows, WithoutTimesThereAreNoRows) {
  TimeRows rows({});
  EXPECT_TRUE(drain(rows).empty());
}

}  // namespace
}  // namespace sparkify
