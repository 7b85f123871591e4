#include "base/character_width.h"

#include <gtest/gtest.h>

namespace sparkify {
namespace {

TEST(CharacterWidth, IsTwoForWideScriptsAndEmoji) {
  for (const char32_t c : {U'\u1100', U'\u3042', U'\u97F3', U'\uAC00', U'\uFF21', U'\u231A',
                           U'\u2B50', U'\U0001F3B5', U'\U0001F680', U'\U0001FAE0', U'\U00020000'}) {
    EXPECT_EQ(character_width(c), 2U) << static_cast<unsigned>(c);
  }
}

TEST(CharacterWidth, IsNoneForWhatCombines) {
  for (const char32_t c : {U'\u0301', U'\u05B0', U'\u064B', U'\u0E31', U'\u0941', U'\u200D',
                           U'\uFE0F', U'\U000E0100'}) {
    EXPECT_EQ(character_width(c), 0U) << static_cast<unsigned>(c);
  }
}

TEST(CharacterWidth, IsOneForAllElse) {
  for (const char32_t c : {U'a', U'\u00E9', U'\u0436', U'\u05E9', U'\u0645', U'\u2500', U'\u266B',
                           U'\uFFFD', U'\U0001D400'}) {
    EXPECT_EQ(character_width(c), 1U) << static_cast<unsigned>(c);
  }
}

}  // namespace
}  // namespace sparkify
