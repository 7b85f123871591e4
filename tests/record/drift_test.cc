#include "record/drift.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace sparkify {
namespace {

constexpr std::size_t kKeys = 2500;

std::string key_no(std::size_t i) { return "key" + std::to_string(10'000 + i); }

TEST(DriftCounts, AddsUpRecordsAndKeys) {
  DriftCounts counts;
  counts.count_record();
  counts.count_record();
  counts.count_known(kTs);
  counts.count_unknown("x");
  counts.count_unknown("x", 4);
  EXPECT_EQ(counts.records(), 2);
  EXPECT_EQ(counts.known(kTs), 1);
  EXPECT_EQ(counts.known(kPage), 0);
  EXPECT_EQ(counts.unknown().at("x"), 5);
  EXPECT_EQ(counts.other_keys(), 0);
}

TEST(DriftCounts, MergesEveryCount) {
  DriftCounts one;
  DriftCounts two;
  for (DriftCounts* counts : {&one, &two}) {
    counts->count_record();
    counts->count_known(kSong);
    counts->count_unknown("both");
  }
  two.count_unknown("two");
  one.merge(two);
  EXPECT_EQ(one.records(), 2);
  EXPECT_EQ(one.known(kSong), 2);
  EXPECT_EQ(one.unknown(), (std::map<std::string, std::int64_t>{{"both", 2}, {"two", 1}}));
}

TEST(DriftCounts, TheThousandSmallestKeysStayWhateverTheOrder) {
  std::mt19937 random(7);
  std::vector<std::size_t> order(kKeys * 3);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i % kKeys;
  for (int round = 0; round < 5; ++round) {
    std::shuffle(order.begin(), order.end(), random);
    DriftCounts counts;
    for (const std::size_t i : order) counts.count_unknown(key_no(i));
    ASSERT_EQ(counts.unknown().size(), 1000U);
    EXPECT_EQ(counts.unknown().begin()->first, key_no(0));
    EXPECT_EQ(counts.unknown().rbegin()->first, key_no(999));
    for (const auto& [key, records] : counts.unknown()) EXPECT_EQ(records, 3) << key;
    EXPECT_EQ(counts.other_keys(), 3 * 1500);
  }
}

TEST(DriftCounts, TheThousandSmallestKeysStayWhateverTheOrderOfMerging) {
  std::mt19937 random(8);
  for (int round = 0; round < 5; ++round) {
    std::vector<DriftCounts> parts(7);
    for (std::size_t i = 0; i < kKeys * 3; ++i) {
      parts[random() % parts.size()].count_unknown(key_no(i % kKeys));
    }
    std::shuffle(parts.begin(), parts.end(), random);
    DriftCounts all;
    for (const DriftCounts& part : parts) all.merge(part);
    ASSERT_EQ(all.unknown().size(), 1000U);
    EXPECT_EQ(all.unknown().rbegin()->first, key_no(999));
    for (const auto& [key, records] : all.unknown()) EXPECT_EQ(records, 3) << key;
    EXPECT_EQ(all.other_keys(), 3 * 1500);
  }
}

TEST(DriftCounts, ALongKeyIsCutAtACharacter) {
  DriftCounts counts;
  counts.count_unknown(std::string(256, 'k'));
  counts.count_unknown(std::string(257, 'l'));
  counts.count_unknown(std::string(255, 'm') + "\u00E9x");
  EXPECT_TRUE(counts.unknown().contains(std::string(256, 'k')));
  EXPECT_TRUE(counts.unknown().contains(std::string(253, 'l') + "\u2026"));
  EXPECT_TRUE(counts.unknown().contains(std::string(253, 'm') + "\u2026"));
}

TEST(DriftCounts, ANulInAKeyIsShownAsAReplacement) {
  DriftCounts counts;
  counts.count_unknown(std::string("a\0b", 3));
  counts.count_unknown("");
  EXPECT_TRUE(counts.unknown().contains("a\uFFFDb"));
  EXPECT_TRUE(counts.unknown().contains(""));
}

}  // namespace
}  // namespace sparkify
