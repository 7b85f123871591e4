#include "cli/nearest_word.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace sparkify {
namespace {

constexpr std::array<std::string_view, 5> kWords = {"load", "config", "check", "report",
                                                    "DB_PASSWORD"};

std::string nearest(std::string_view word) {
  return std::string(nearest_word(word, kWords).value_or("none"));
}

TEST(NearestWord, FindsAWordWithALetterChangedAddedOrLeftOut) {
  EXPECT_EQ(nearest("losd"), "load");
  EXPECT_EQ(nearest("loadd"), "load");
  EXPECT_EQ(nearest("lad"), "load");
}

TEST(NearestWord, CountsSwappedNeighboursAsOneStep) { EXPECT_EQ(nearest("laod"), "load"); }

TEST(NearestWord, IgnoresCase) {
  EXPECT_EQ(nearest("CONFIG"), "config");
  EXPECT_EQ(nearest("db_pasword"), "DB_PASSWORD");
}

TEST(NearestWord, FindsNothingThatIsNotNear) {
  EXPECT_EQ(nearest("warehouse"), "none");
  EXPECT_EQ(nearest("x"), "none");
  EXPECT_EQ(nearest(""), "none");
}

TEST(NearestWord, AllowsLongWordsMoreSteps) { EXPECT_EQ(nearest("PASSWORD"), "DB_PASSWORD"); }

TEST(NearestWord, TakesTheFirstOfEquals) {
  constexpr std::array<std::string_view, 2> kTwins = {"cat", "bat"};
  EXPECT_EQ(nearest_word("rat", kTwins), "cat");
}

TEST(NearestWord, LeavesVeryLongWordsAlone) {
  EXPECT_EQ(nearest(std::string(100'000, 'l')), "none");
  EXPECT_EQ(nearest(std::string(64, 'l')), "none");
}

TEST(NearestWord, KnowsNothingFromNothing) { EXPECT_FALSE(nearest_word("load", {}).has_value()); }

}  // namespace
}  // namespace sparkify
