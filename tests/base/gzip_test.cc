#include "base/gzip.h"

#include <gtest/gtest.h>

#include "fakes/gunzip.h"

namespace sparkify {
namespace {

TEST(Gzip, GivesOneMemberThatHoldsTheText) {
  for (const std::string& text : {std::string(), std::string("a"), std::string(500'000, 'x')}) {
    EXPECT_EQ(gunzip(gzip(text)), text);
  }
}

TEST(Gzip, TheSameTextGivesTheSameBytes) {
  EXPECT_EQ(gzip("one text"), gzip("one text"));
  EXPECT_LT(gzip(std::string(500'000, 'x')).size(), 10'000U);
}

}  // namespace
}  // namespace sparkify
