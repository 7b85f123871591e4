#include "base/utf8.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace sparkify {
namespace {

TEST(IsUtf8, TakesTheFirstAndLastCharacterOfEveryLength) {
  for (const std::string_view text :
       {"", "\x01\x7F", "\u0080\u07FF", "\u0800\uD7FF\uE000\uFFFF", "\U00010000\U0010FFFF"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
  }
  EXPECT_TRUE(is_utf8(std::string_view("\0", 1)));
}

TEST(IsUtf8, RefusesLongFormsSurrogatesAndWhatIsTooLarge) {
  for (const std::string_view text :
       {"\x80", "\xBF", "\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

TEST(IsUtf8, RefusesCharactersThatAreCut) {
  for (const std::string_view character : {"\u00E9", "\u20AC", "\U0001F600"}) {
    for (std::size_t bytes = 1; bytes < character.size(); ++bytes) {
      EXPECT_FALSE(is_utf8(character.substr(0, bytes)));
      EXPECT_FALSE(is_utf8(std::string(character.substr(0, bytes)) + "x"));
    }
  }
}

TEST(Utf8Step, IsNeverZeroAndNeverLeavesTheText) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      const Utf8Step step = utf8_step(text, 0);
      EXPECT_GE(step.length, 1U);
      EXPECT_LE(step.length, 2U);
      EXPECT_EQ(step.valid, is_utf8(text.substr(0, step.length)));
    }
  }
}

TEST(Utf8Step, OfBadBytesItTakesTheMaximalSubpart) {
  EXPECT_EQ(utf8_step("\xF1\x80\x80\xE1", 0).length, 3U);
  EXPECT_EQ(utf8_step("\xE1\x80\xE2", 0).length, 2U);
  EXPECT_EQ(utf8_step("\xE0\x80\x80", 0).length, 1U);
  EXPECT_EQ(utf8_step("\xC2x", 0).length, 1U);
}

TEST(Printable, ShowsControlCharactersAndDirectionsAsEscapes) {
  EXPECT_EQ(printable("a\tb\nc\rd"), "a\\tb\\nc\\rd");
  EXPECT_EQ(printable("\x1b[31m\x7f"), "\\x1b[31m\\x7f");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
  EXPECT_EQ(printable("\u0085\u009B"), "\\x85\\x9b");
  EXPECT_EQ(printable("\u202E\u2066\u200F\u2028"), "\\u202e\\u2066\\u200f\\u2028");
}

TEST(Printable, LeavesOtherTextAsItIsAndReplacesBadBytes) {
  EXPECT_EQ(printable("Beyonc\u00E9 \u20AC \U0001F600"), "Beyonc\u00E9 \u20AC \U0001F600");
  EXPECT_EQ(printable("a\xFFz"), "a\uFFFDz");
  EXPECT_EQ(printable(""), "");
}

TEST(DisplayWidth, CountsWideCharactersTwiceAndCombiningOnesNever) {
  EXPECT_EQ(display_width("abc"), 3U);
  EXPECT_EQ(display_width("\u97F3\u697D"), 4U);
  EXPECT_EQ(display_width("e\u0301"), 1U);
  EXPECT_EQ(display_width("\U0001F600"), 2U);
  EXPECT_EQ(display_width("\xFF"), 1U);
}

TEST(PrintableLines, KeepsLineFeedsAlone) {
  EXPECT_EQ(printable_lines("a\nb\r\n\x1b[1m\n"), "a\nb\\r\n\\x1b[1m\n");
  EXPECT_EQ(printable_lines(""), "");
}

TEST(DisplayPrefix, IsTheLongestThatFits) {
  EXPECT_EQ(display_prefix("abc", 2), "ab");
  EXPECT_EQ(display_prefix("abc", 9), "abc");
  EXPECT_EQ(display_prefix("\u97F3\u697D", 3), "\u97F3");
  EXPECT_EQ(display_prefix("e\u0301x", 1), "e\u0301");
  EXPECT_EQ(display_prefix("abc", 0), "");
}

TEST(AppendUtf8, GivesTheShortestForm) {
  for (const char32_t c : {U'\x01', U'\x7F', U'\u0080', U'\u07FF', U'\u0800', U'\uFFFF',
                           U'\U00010000', U'\U0010FFFF'}) {
    std::string text;
    append_utf8(text, c);
    EXPECT_TRUE(is_utf8(text));
    EXPECT_EQ(utf8_step(text, 0).length, text.size());
  }
}

}  // namespace
}  // namespace sparkify
