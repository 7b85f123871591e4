#include "generate/random.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "generate/identifier.h"
#include "generate/popularity.h"

namespace sparkify {
namespace {

// The first number of splitmix64 from the state 1234567, as its authors publish it.
TEST(Random, MixIsSplitmix64) {
  EXPECT_EQ(mix(1234567 + 0x9E3779B97F4A7C15ULL), 6457827717110365317ULL);
}

TEST(Random, EachSeedAndEachPurposeHasItsOwnSequence) {
  std::set<std::uint64_t> firsts;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    firsts.insert(Random(seed, RandomPurpose::users).next());
    firsts.insert(Random(seed, RandomPurpose::songs).next());
  }
  EXPECT_EQ(firsts.size(), 200u);
  EXPECT_EQ(Random(7, RandomPurpose::users).next(), Random(7, RandomPurpose::users).next());
}

TEST(Random, BelowReachesAllNumbersAndNoOther) {
  Random random(1, RandomPurpose::users);
  std::array<int, 5> counts{};
  for (int i = 0; i < 50'000; ++i) ++counts.at(static_cast<std::size_t>(random.below(5)));
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
}

TEST(Random, BetweenIncludesBothEnds) {
  Random random(1, RandomPurpose::users);
  std::set<std::int64_t> seen;
  for (int i = 0; i < 1'000; ++i) seen.insert(random.between(-1, 1));
  EXPECT_EQ(seen, (std::set<std::int64_t>{-1, 0, 1}));
}

TEST(Popularity, AFewAreDrawnOftenAndMostRarely) {
  const Popularity popularity(1'000, 1);
  Random random(1, RandomPurpose::users);
  int top_ten = 0;
  int last_half = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::size_t rank = popularity.draw(random);
    ASSERT_LT(rank, 1'000u);
    if (rank < 10) ++top_ten;
    if (rank >= 500) ++last_half;
  }
  EXPECT_GT(top_ten, 1'200);
  EXPECT_GT(last_half, 500);
  EXPECT_LT(last_half, 2'500);
}

TEST(Identifier, DigitsAreUnique) {
  std::set<std::string> seen;
  for (std::int32_t i = 0; i < 100'000; ++i) seen.insert(unique_digits(42, i));
  EXPECT_EQ(seen.size(), 100'000u);
  EXPECT_EQ(seen.begin()->size(), 7u);
}

}  // namespace
}  // namespace sparkify
