#include "decode/json_text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace sparkify {
namespace {

EscapeCheck check_of(std::string_view token) {
  std::string out(token.size(), '\0');
  std::size_t length = 0;
  return unescape(token, out.data(), &length);
}

TEST(Unescape, LeavesPlainTextAsItIs) {
  EXPECT_EQ(unescaped(""), "");
  EXPECT_EQ(unescaped("Beyonc\u00E9 / x"), "Beyonc\u00E9 / x");
}

TEST(Unescape, ResolvesSimpleEscapes) {
  EXPECT_EQ(unescaped(R"(\"\\\/\b\f\n\r\t)"), "\"\\/\b\f\n\r\t");
}

TEST(Unescape, ResolvesUnicodeEscapesOfEveryLength) {
  EXPECT_EQ(unescaped(R"(\u0041\u007f\u0080\u07ff\u0800\uD7FF\uE000\uffff)"),
            "A\x7f\u0080\u07FF\u0800\uD7FF\uE000\uFFFF");
  EXPECT_EQ(unescaped(R"(\ud800\udc00\uDBFF\uDFFF)"), "\U00010000\U0010FFFF");
  EXPECT_EQ(unescaped(R"(\u0000)"), std::string(1, '\0'));
}

TEST(Unescape, KeepsTheLettersOfABackslashEscape) {
  EXPECT_EQ(unescaped(R"(\\u0041)"), R"(\u0041)");
}

TEST(Unescape, TellsLoneSurrogates) {
  for (const std::string_view token :
       {R"(\ud800)", R"(\udc00)", R"(\ud800\ud800)", R"(\ud800x)", R"(\ud800\n)", R"(\udc00\ud800)",
        R"(\ud800\u0041)", R"(a\udbff)"}) {
    EXPECT_EQ(check_of(token), EscapeCheck::lone_surrogate) << token;
  }
}

TEST(Unescape, TellsMalformedEscapes) {
  for (const std::string_view token :
       {R"(\)", R"(\x41)", R"(\u)", R"(\u12)", R"(\u12g4)", R"(\U0041)", R"(\a)", R"(\0)"}) {
    EXPECT_EQ(check_of(token), EscapeCheck::malformed) << token;
  }
}

TEST(IsJsonNumber, KnowsNumbersByTheRfc) {
  for (const std::string_view number :
       {"0", "-0", "10", "1.5", "-0.0", "1e5", "1E+5", "1.0e-5", "0e0", "123456789012345678901"}) {
    EXPECT_TRUE(is_json_number(number)) << number;
  }
  for (const std::string_view text : {"", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "1.e1",
                                      "0x1", "1 ", " 1", "1,", "NaN", "1e5.5", "--1", "1-"}) {
    EXPECT_FALSE(is_json_number(text)) << text;
  }
}

TEST(Hex4, ReadsFourDigitsInEitherCase) {
  EXPECT_EQ(hex4("0000"), 0);
  EXPECT_EQ(hex4("beEF"), 0xBEEF);
  EXPECT_LT(hex4("12g4"), 0);
  EXPECT_LT(hex4("-123"), 0);
}

}  // namespace
}  // namespace sparkify
