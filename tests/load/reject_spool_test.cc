#include "load/reject_spool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

namespace sparkify {
namespace {

Reject reject_no(std::int64_t number, std::size_t text_bytes = 20) {
  Reject reject;
  reject.object_no = static_cast<std::int32_t>(number % 1000);
  reject.record_no = number;
  reject.line = number * 2;
  reject.byte_offset = number * 3;
  reject.column_name = number % 2 == 0 ? "" : "user_id";
  reject.reason = static_cast<RejectReason>(number % 8);
  reject.raw_text = std::string(text_bytes, static_cast<char>('a' + number % 26));
  return reject;
}

auto parts_of(const Reject& reject) {
  return std::tuple(reject.record_no, reject.object_no, reject.line, reject.byte_offset,
                    reject.column_name, reject.reason, reject.raw_text);
}

bool is_added(RejectSpool& spool, const std::vector<Reject>& rejects) {
  return spool.add(rejects).ok();
}

std::vector<Reject> read_all(RejectSpool& spool) {
  std::vector<Reject> rejects;
  RejectSpool::Reader reader(spool);
  for (Reject reject; *reader.next(reject);) rejects.push_back(reject);
  std::sort(rejects.begin(), rejects.end(),
            [](const Reject& a, const Reject& b) { return a.record_no < b.record_no; });
  return rejects;
}

void expect_numbers_up_to(RejectSpool& spool, std::int64_t count, std::size_t text_bytes) {
  const std::vector<Reject> rejects = read_all(spool);
  ASSERT_EQ(rejects.size(), static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    ASSERT_EQ(parts_of(rejects[static_cast<std::size_t>(i)]), parts_of(reject_no(i, text_bytes)));
  }
}

TEST(RejectSpool, IsEmptyAtFirst) {
  RejectSpool spool;
  EXPECT_TRUE(is_added(spool, {}));
  EXPECT_TRUE(read_all(spool).empty());
}

TEST(RejectSpool, GivesBackWhatWasAdded) {
  RejectSpool spool;
  for (std::int64_t i = 0; i < 10; ++i) ASSERT_TRUE(is_added(spool, {reject_no(i)}));
  expect_numbers_up_to(spool, 10, 20);
}

TEST(RejectSpool, GivesBackMoreThanItHoldsInMemory) {
  constexpr std::size_t kTextBytes = 60'000;
  constexpr std::int64_t kCount = 900;  // three times what memory takes, and some
  static_assert(kCount * kTextBytes > 3 * RejectSpool::kMemoryBytesMax);
  RejectSpool spool;
  for (std::int64_t i = 0; i < kCount; ++i) {
    ASSERT_TRUE(is_added(spool, {reject_no(i, kTextBytes)}));
  }
  expect_numbers_up_to(spool, kCount, kTextBytes);
  expect_numbers_up_to(spool, kCount, kTextBytes);
}

TEST(RejectSpool, KeepsEmptyTextsAndTextsWithAnyByte) {
  RejectSpool spool;
  Reject odd = reject_no(2, RejectSpool::kMemoryBytesMax + 1);
  Reject empty = reject_no(1, 0);
  odd.raw_text[5] = '\0';
  odd.raw_text[6] = '\n';
  ASSERT_TRUE(is_added(spool, {empty, odd}));
  const std::vector<Reject> rejects = read_all(spool);
  ASSERT_EQ(rejects.size(), 2U);
  EXPECT_EQ(parts_of(rejects[0]), parts_of(empty));
  EXPECT_TRUE(parts_of(rejects[1]) == parts_of(odd));
}

TEST(RejectSpool, TakesRejectsOnSeveralThreads) {
  constexpr std::int64_t kThreads = 4;
  constexpr std::int64_t kEach = 1500;
  constexpr std::size_t kTextBytes = 5'000;
  RejectSpool spool;
  {
    std::vector<std::jthread> threads;
    for (std::int64_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([&spool, t] {
        for (std::int64_t i = 0; i < kEach; i += 3) {
          const std::int64_t first = t * kEach + i;
          EXPECT_TRUE(
              is_added(spool, {reject_no(first, kTextBytes), reject_no(first + 1, kTextBytes),
                               reject_no(first + 2, kTextBytes)}));
        }
      });
    }
  }
  expect_numbers_up_to(spool, kThreads * kEach, kTextBytes);
}

std::vector<std::int64_t> numbers_in(RejectSpool& spool) {
  std::vector<std::int64_t> numbers;
  for (const Reject& reject : read_all(spool)) numbers.push_back(reject.record_no);
  return numbers;
}

TEST(RejectSpool, DropForgetsTheRejectsOfSomeObjects) {
  RejectSpool spool;
  for (std::int64_t i = 0; i < 6; ++i) ASSERT_TRUE(is_added(spool, {reject_no(i)}));
  ASSERT_TRUE(is_added(spool, {reject_no(1002), reject_no(1003)}));  // of objects 2 and 3 as well
  ASSERT_TRUE(spool.drop({2, 5, 77}).ok());
  EXPECT_EQ(numbers_in(spool), (std::vector<std::int64_t>{0, 1, 3, 4, 1003}));
  EXPECT_EQ(parts_of(read_all(spool)[2]), parts_of(reject_no(3)));
}

TEST(RejectSpool, DropOfNothingOrOfAllOrFromNothing) {
  RejectSpool spool;
  ASSERT_TRUE(spool.drop({0}).ok());
  EXPECT_TRUE(read_all(spool).empty());
  ASSERT_TRUE(is_added(spool, {reject_no(0), reject_no(1)}));
  ASSERT_TRUE(spool.drop({}).ok());
  EXPECT_EQ(numbers_in(spool).size(), 2U);
  ASSERT_TRUE(spool.drop({0, 1}).ok());
  EXPECT_TRUE(read_all(spool).empty());
}

TEST(RejectSpool, DropReachesWhatIsInTheFileAndMoreCanBeAddedAfterwards) {
  constexpr std::size_t kTextBytes = 60'000;
  constexpr std::int64_t kCount = 900;
  RejectSpool spool;
  std::set<std::int32_t> odd;
  for (std::int64_t i = 0; i < kCount; ++i) {
    ASSERT_TRUE(is_added(spool, {reject_no(i, kTextBytes)}));
    if (i % 2 == 1) odd.insert(static_cast<std::int32_t>(i));
  }
  ASSERT_TRUE(spool.drop(odd).ok());
  for (std::int64_t i = 1; i < kCount; i += 2) {
    ASSERT_TRUE(is_added(spool, {reject_no(i, kTextBytes)}));
  }
  expect_numbers_up_to(spool, kCount, kTextBytes);
}

}  // namespace
}  // namespace sparkify
