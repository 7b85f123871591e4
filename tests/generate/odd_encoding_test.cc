#include "generate/odd_encoding.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "generate/record_text.h"

namespace sparkify {
namespace {

using Json = nlohmann::json;

// Whatever the texts, the parsed record is the same.
TEST(OddEncoding, ARecordMeansTheSame) {
  const Population population(3, 200, {1'541'000'000'000, 30});
  const Catalogue catalogue(3, 400, 0.5, 10'000);
  const RecordText texts(population, catalogue);
  Random random(1, RandomPurpose::log_faults);
  JsonObject object;
  for (std::int32_t i = 0; i < 400; ++i) {
    Event event;
    event.page = Page::next_song;
    event.user_no = i % 200;
    event.song_no = i;
    std::string plain;
    texts.append_event(event, plain);
    for (const FaultKind kind : {FaultKind::escaped_ascii, FaultKind::raw_utf8}) {
      texts.write_event(event, object);
      encode_oddly(kind, RecordForm::play, object, random);
      std::string odd;
      object.append_to(odd, JsonStyle::compact);
      EXPECT_EQ(Json::parse(odd), Json::parse(plain)) << odd;
      const bool is_other = kind == FaultKind::escaped_ascii || texts.holds_other_than_ascii(event);
      EXPECT_EQ(odd != plain, is_other) << odd;
    }
  }
}

TEST(OddEncoding, TheOtherNormalFormLooksTheSame) {
  EXPECT_EQ(other_normal_form("Élan é"), "E\u0301lan e\u0301");
  EXPECT_EQ(other_normal_form("O\u0308 Combining"), "Ö Combining");
  EXPECT_EQ(other_normal_form("plain 夜"), "plain 夜");
}

TEST(OddEncoding, EscapesBeyondAsciiAreFound) {
  EXPECT_TRUE(holds_other_than_ascii(R"("Zo\u00eb")"));
  EXPECT_TRUE(holds_other_than_ascii(R"("\ud83c\udf89")"));
  EXPECT_FALSE(holds_other_than_ascii(R"("a\u0019 \\u00eb \"\/")"));
}

TEST(OddEncoding, Utf16HasTwoBytesACharacter) {
  EXPECT_EQ(in_utf16("{}", Utf16::little_with_mark), std::string("\xFF\xFE{\0}\0", 6));
  EXPECT_EQ(in_utf16("{}", Utf16::big_with_mark), std::string("\xFE\xFF\0{\0}", 6));
  EXPECT_EQ(in_utf16("{}", Utf16::little), std::string("{\0}\0", 4));
}

}  // namespace
}  // namespace sparkify
