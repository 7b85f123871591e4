#include "cli/shell/screen.h"

#include <gtest/gtest.h>

namespace sparkify {
namespace {

TEST(Screen, FitsWhatLeavesALineForThePrompt) {
  EXPECT_TRUE(fits("", {3, 10}));
  EXPECT_TRUE(fits("a\nb\n", {3, 10}));
  EXPECT_FALSE(fits("a\nb\nc\n", {3, 10}));
  EXPECT_TRUE(fits("0123456789\n", {3, 10}));
  EXPECT_FALSE(fits("01234567890\n", {3, 10}));
  EXPECT_FALSE(fits("\u97F3\u97F3\u97F3\u97F3\u97F3\u97F3\n", {3, 10})) << "wide characters";
}

TEST(Screen, PutsNamesInAsManyColumnsAsFit) {
  EXPECT_EQ(in_columns({"a", "bb", "ccc"}, 13), "a    bb   ccc\n");
  EXPECT_EQ(in_columns({"a", "bb", "ccc"}, 12), "a    bb\nccc\n");
  EXPECT_EQ(in_columns({"longer than it"}, 3), "longer than it\n");
  EXPECT_EQ(in_columns({}, 80), "");
}

}  // namespace
}  // namespace sparkify
