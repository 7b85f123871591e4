#include "generate/presence.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "generate/day.h"

namespace sparkify {
namespace {

constexpr std::int64_t kStartMs = 1'541'030'400'000;  // 2018-11-01
constexpr std::int64_t kNoonMs = kDayMs / 2;
constexpr PopulationTime kYear{kStartMs, 365};

class PresenceTest : public testing::Test {
 protected:
  /// The users of `draws` sessions at noon of each day.
  std::map<std::int32_t, std::set<std::int32_t>> days_by_user(int draws) {
    std::map<std::int32_t, std::set<std::int32_t>> days;
    for (std::int32_t day_no = 0; day_no < kYear.days; ++day_no) {
      presence_.begin_day(day_no);
      for (int i = 0; i < draws; ++i) {
        const std::int64_t ms = kStartMs + day_no * kDayMs + kNoonMs;
        const std::int32_t user_no = presence_.draw(ms);
        EXPECT_LT(population_.user(user_no).registered_ms, ms);
        days[user_no].insert(day_no);
      }
    }
    return days;
  }

  Population population_{1, 600, kYear};
  Random random_{1, RandomPurpose::sessions};
  Presence presence_{population_, kYear, random_};
};

TEST_F(PresenceTest, NobodyComesBeforeTheRegistration) {
  EXPECT_GT(days_by_user(200).size(), 550u);
}

TEST_F(PresenceTest, UsersGoQuietAndSomeComeBack) {
  int left_early = 0;
  int returned = 0;
  for (const auto& [user_no, days] : days_by_user(2'000)) {
    if (*days.begin() > 200) continue;
    left_early += *days.rbegin() < 300 ? 1 : 0;
    std::int32_t last = *days.begin();
    bool has_gap = false;
    for (const std::int32_t day : days) {
      has_gap = has_gap || day - last > 14;
      last = day;
    }
    returned += has_gap ? 1 : 0;
  }
  EXPECT_GT(left_early, 60);
  EXPECT_GT(returned, 100);
}

TEST_F(PresenceTest, SomeUsersComeMuchMoreOftenThanOthers) {
  presence_.begin_day(0);
  std::map<std::int32_t, int> counts;
  for (int i = 0; i < 50'000; ++i) ++counts[presence_.draw(kStartMs + 1)];
  std::multiset<int> sorted;
  for (const auto& [user_no, count] : counts) sorted.insert(count);
  int busiest_tenth = 0;
  auto next = sorted.rbegin();
  for (std::size_t i = 0; i < sorted.size() / 10; ++i) busiest_tenth += *next++;
  EXPECT_GT(busiest_tenth, 50'000 / 4);
  EXPECT_LT(busiest_tenth, 50'000 / 2);
}

TEST_F(PresenceTest, WhoRegistersTodayComesToday) {
  presence_.begin_day(0);
  const std::int64_t end_ms = kStartMs + kDayMs - 1;
  std::set<std::int32_t> drawn;
  for (int i = 0; i < 100; ++i) drawn.insert(presence_.draw(end_ms));
  int newcomers = 0;
  for (std::int32_t i = 0; i < 600; ++i) {
    const std::int64_t registered_ms = population_.user(i).registered_ms;
    if (registered_ms < kStartMs || registered_ms >= end_ms) continue;
    ++newcomers;
    EXPECT_TRUE(drawn.contains(i)) << i;
  }
  EXPECT_GT(newcomers, 0);
}

}  // namespace
}  // namespace sparkify
