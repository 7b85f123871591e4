#include "generate/json_text.h"

#include <gtest/gtest.h>

namespace sparkify {
namespace {

std::string json_of(std::string_view text, bool escape_slash = true) {
  std::string out;
  append_json_text(out, text, escape_slash);
  return out;
}

std::string decimal(std::int64_t number_e5) {
  std::string out;
  append_decimal(out, number_e5);
  return out;
}

TEST(JsonText, EscapesLikeTheLogs) {
  EXPECT_EQ(json_of("\"a/b\\c\""), R"("\"a\/b\\c\"")");
  EXPECT_EQ(json_of("a/b", false), R"("a/b")");
  EXPECT_EQ(json_of("\x19\t\n"), R"("\u0019\t\n")");
  EXPECT_EQ(json_of("é 夜 🎉"), R"("\u00e9 \u591c \ud83c\udf89")");
}

TEST(JsonText, DecimalsEndInNoZeroButHaveAPoint) {
  EXPECT_EQ(decimal(21'477'832), "214.77832");
  EXPECT_EQ(decimal(21'470'000), "214.7");
  EXPECT_EQ(decimal(3), "0.00003");
  EXPECT_EQ(decimal(0), "0.0");
  EXPECT_EQ(decimal(-700'000), "-7.0");
  EXPECT_EQ(decimal(-50'000), "-0.5");
}

TEST(JsonText, TextEncodedTwiceShowsItsBytesAsCharacters) {
  EXPECT_EQ(encoded_twice("é"), "Ã©");
  EXPECT_EQ(json_of(encoded_twice(encoded_twice("é"))), R"("\u00c3\u0083\u00c2\u00a9")");
  EXPECT_EQ(encoded_twice("plain"), "plain");
}

}  // namespace
}  // namespace sparkify
