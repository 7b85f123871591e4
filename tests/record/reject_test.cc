#include "record/reject.h"

#include <gtest/gtest.h>

#include <string>

#include "base/utf8.h"

namespace sparkify {
namespace {

TEST(RawTextOf, DropsWhiteSpaceAtTheEndOnly) {
  EXPECT_EQ(raw_text_of(" {} \t\r\n"), " {}");
  EXPECT_EQ(raw_text_of("\n \r\t"), "");
  EXPECT_EQ(raw_text_of(""), "");
  EXPECT_EQ(raw_text_of("a\x0B"), "a\x0B");
}

TEST(RawTextOf, ShowsEachMaximalSubpartAsOneReplacement) {
  // The example of the Unicode standard, section 3.9, table 3-8.
  EXPECT_EQ(raw_text_of("\x61\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64"),
            "a\uFFFD\uFFFD\uFFFDb\uFFFDc\uFFFD\uFFFDd");
  EXPECT_EQ(raw_text_of("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"),
            "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA");
  EXPECT_EQ(raw_text_of("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"),
            "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA\uFFFD\uFFFDB");
  EXPECT_EQ(raw_text_of("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), "\uFFFD\uFFFD\uFFFD\uFFFDA");
}

TEST(RawTextOf, ShowsEachNulAsAReplacement) {
  EXPECT_EQ(raw_text_of(std::string("a\0\0b", 4)), "a\uFFFD\uFFFDb");
}

TEST(RawTextOf, KeepsUpTo65000Bytes) {
  const std::string whole(65'000, 'x');
  EXPECT_EQ(raw_text_of(whole), whole);
  EXPECT_EQ(raw_text_of(whole + " \n"), whole);
  EXPECT_EQ(raw_text_of(whole + "y"), whole + "\u2026[cut]");
  EXPECT_EQ(raw_text_of(whole + "  y"), whole + "\u2026[cut]");
}

TEST(RawTextOf, CutsAtACharacterAndCountsTheBytesThatAreShown) {
  for (std::size_t before = 64'996; before <= 65'000; ++before) {
    const std::string text = raw_text_of(std::string(before, 'x') + "\U0001F600\U0001F600");
    const std::string kept = before == 64'996 ? "\U0001F600" : "";
    EXPECT_EQ(text, std::string(before, 'x') + kept + "\u2026[cut]");
    EXPECT_TRUE(is_utf8(text));
  }
  // Each bad byte is shown as three.
  const std::string bad = raw_text_of(std::string(30'000, '\xFF'));
  EXPECT_EQ(bad.size(), 64'998U + std::string("\u2026[cut]").size());
}

TEST(RejectReason, HasTheNamesOfTheContract) {
  EXPECT_EQ(to_string(RejectReason::bad_utf8), "bad_utf8");
  EXPECT_EQ(to_string(RejectReason::bad_json), "bad_json");
  EXPECT_EQ(to_string(RejectReason::bad_type), "bad_type");
  EXPECT_EQ(to_string(RejectReason::nul_character), "nul_character");
  EXPECT_EQ(to_string(RejectReason::too_long), "too_long");
  EXPECT_EQ(to_string(RejectReason::out_of_range), "out_of_range");
  EXPECT_EQ(to_string(RejectReason::missing_field), "missing_field");
  EXPECT_EQ(to_string(RejectReason::key_conflict), "key_conflict");
}

}  // namespace
}  // namespace sparkify
