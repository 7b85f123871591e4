#include "decode/convert.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "decode/decoding.h"

// Types, ranges and limits: data contract, section 1; docs/formats/json_input.md.
namespace sparkify {
namespace {

using decoding::decode_logs;
using decoding::decode_songs;
using decoding::fate;
using decoding::in_play;
using decoding::in_quotes;
using decoding::in_song;
using decoding::play;
using decoding::repeated;
using decoding::song;
using decoding::visit;

const std::vector<std::string> kPlayTexts{"artist",   "auth",  "firstName", "gender",
                                          "lastName", "level", "location",  "method",
                                          "page",     "song",  "userAgent"};
const std::vector<std::string> kSongTexts{"artist_id", "artist_location", "artist_name", "song_id",
                                          "title"};
const std::vector<std::string> kPlayIntegers{"itemInSession", "registration", "sessionId",
                                             "status",        "ts",           "userId"};

std::string reject_of(std::string_view reason, DataKind kind, std::string_view key) {
  return std::string(reason) + " " + decoding::column_of(kind, key);
}

// Whole records.

TEST(Converter, ReadsEveryColumnOfAPlay) {
  const decoding::NamedRow row = decode_logs(play()).rows.at(0);
  const decoding::NamedRow expected{{"artist", "Mynt"},
                                    {"auth", "Logged In"},
                                    {"first_name", "Celeste"},
                                    {"gender", "F"},
                                    {"item_in_session", "2"},
                                    {"last_name", "Williams"},
                                    {"length", "16694812"},
                                    {"level", "free"},
                                    {"location", "Klamath Falls, OR"},
                                    {"method", "PUT"},
                                    {"page", "NextSong"},
                                    {"registration", "1541077528796"},
                                    {"session_id", "438"},
                                    {"song", "Playa Haters"},
                                    {"status", "200"},
                                    {"ts", "1541990217796000"},
                                    {"user_agent", "Mozilla/5.0"},
                                    {"user_id", "53"},
                                    {"object_no", "7"},
                                    {"record_no", "1"}};
  EXPECT_EQ(row, expected);
}

TEST(Converter, ReadsEveryColumnOfASong) {
  const decoding::NamedRow row = decode_songs(song()).rows.at(0);
  const decoding::NamedRow expected{{"num_songs", "1"},
                                    {"artist_id", "ARD7TVE1187B99BFB1"},
                                    {"artist_latitude", "35.14968"},
                                    {"artist_longitude", "-90.04892"},
                                    {"artist_location", "Memphis, TN"},
                                    {"artist_name", "Casual"},
                                    {"song_id", "SOMZWCG12A8C13C480"},
                                    {"title", "I Didn't Mean To"},
                                    {"duration", "21893179"},
                                    {"year", "0"},
                                    {"object_no", "7"},
                                    {"record_no", "1"}};
  EXPECT_EQ(row, expected);
}

TEST(Converter, ANullOrAMissingKeyIsNull) {
  const std::vector<std::string> optional{"auth",   "firstName", "gender", "lastName",
                                          "level",  "location",  "method", "registration",
                                          "status", "userAgent"};
  for (const std::string& key : optional) {
    EXPECT_EQ(in_play(key, "null"), "NULL") << key;
    EXPECT_EQ(in_play(key, ""), "NULL") << key;
  }
  for (const std::string key :
       {"num_songs", "artist_latitude", "artist_longitude", "artist_location", "year"}) {
    EXPECT_EQ(in_song(key, "null"), "NULL") << key;
    EXPECT_EQ(in_song(key, ""), "NULL") << key;
  }
}

// Texts.

TEST(Converter, TextColumnsTakeOnlyTexts) {
  for (const std::string_view value : {"1", "1.5", "true", "false", "{}", "[]", "[\"a\"]"}) {
    for (const std::string& key : kPlayTexts) {
      EXPECT_EQ(in_play(key, std::string(value)), reject_of("bad_type", DataKind::logs, key));
    }
    for (const std::string& key : kSongTexts) {
      EXPECT_EQ(in_song(key, std::string(value)), reject_of("bad_type", DataKind::songs, key));
    }
  }
}

TEST(Converter, AnEmptyTextIsATextAndIsThere) {
  for (const std::string& key : kPlayTexts) EXPECT_EQ(in_play(key, "\"\""), "") << key;
  for (const std::string key : {"artist_location", "artist_name", "title"}) {
    EXPECT_EQ(in_song(key, "\"\""), "") << key;
  }
}

struct TextLimit {
  DataKind kind;
  std::string key;
  std::size_t bytes;
};

std::vector<TextLimit> text_limits() {
  std::vector<TextLimit> limits;
  for (const std::string key : {"auth", "gender", "level", "method", "page"}) {
    limits.push_back({DataKind::logs, key, 64});
  }
  for (const std::string key : {"artist", "firstName", "lastName", "location", "song"}) {
    limits.push_back({DataKind::logs, key, 1024});
  }
  limits.push_back({DataKind::logs, "userAgent", 2048});
  for (const std::string key : {"artist_id", "song_id"}) {
    limits.push_back({DataKind::songs, key, 64});
  }
  for (const std::string key : {"artist_location", "artist_name", "title"}) {
    limits.push_back({DataKind::songs, key, 1024});
  }
  return limits;
}

std::string fate_of(const TextLimit& limit, const std::string& json) {
  return limit.kind == DataKind::logs ? in_play(limit.key, json) : in_song(limit.key, json);
}

TEST(Converter, ATextMayBeAsLongAsItsLimitAndNoLonger) {
  for (const TextLimit& limit : text_limits()) {
    const std::string full(limit.bytes, 'x');
    EXPECT_EQ(fate_of(limit, in_quotes(full)), full);
    EXPECT_EQ(fate_of(limit, in_quotes(full + "x")), reject_of("too_long", limit.kind, limit.key));
  }
}

TEST(Converter, LimitsAreInBytesNotCharacters) {
  for (const TextLimit& limit : text_limits()) {
    // All limits are even, and none is a multiple of three.
    const std::string full = repeated("\u00E9", limit.bytes / 2);
    EXPECT_EQ(fate_of(limit, in_quotes(full)), full);
    const std::string over = repeated("\u20AC", limit.bytes / 3 + 1);
    EXPECT_EQ(fate_of(limit, in_quotes(over)), reject_of("too_long", limit.kind, limit.key));
    const std::string under = repeated("\u20AC", limit.bytes / 3);
    EXPECT_EQ(fate_of(limit, in_quotes(under)), under);
  }
}

TEST(Converter, LimitsCountTheTextNotItsEscapes) {
  for (const TextLimit& limit : text_limits()) {
    const std::string escapes = repeated(R"(\u00e9)", limit.bytes / 2);
    EXPECT_EQ(fate_of(limit, in_quotes(escapes)), repeated("\u00E9", limit.bytes / 2));
    EXPECT_EQ(fate_of(limit, in_quotes(escapes + "x")),
              reject_of("too_long", limit.kind, limit.key));
    const std::string pairs = repeated(R"(\ud83d\ude00)", limit.bytes / 4);
    EXPECT_EQ(fate_of(limit, in_quotes(pairs)), repeated("\U0001F600", limit.bytes / 4));
  }
}

TEST(Converter, ResolvesEveryEscape) {
  EXPECT_EQ(in_play("song", R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC\uD834\uDD1E")"),
            "\"\\/\b\f\n\r\tA\u00E9\u20AC\U0001D11E");
  EXPECT_EQ(in_play("song", R"("\u0001\u001f\u007f\uFFFF")"), "\x01\x1f\x7f\uFFFF");
}

TEST(Converter, ANulInATextIsAReject) {
  for (const std::string& key : kPlayTexts) {
    EXPECT_EQ(in_play(key, R"("a\u0000")"), reject_of("nul_character", DataKind::logs, key));
  }
  for (const std::string& key : kSongTexts) {
    EXPECT_EQ(in_song(key, R"("\u0000")"), reject_of("nul_character", DataKind::songs, key));
  }
}

TEST(Converter, ANulInAnUnknownKeyOrItsValueIsNoReject) {
  EXPECT_EQ(fate(decode_logs(visit({{"x", R"("\u0000")"}, {R"(\u0000)", "1"}})), "page"), "Home");
}

// Integers.

struct IntegerRange {
  DataKind kind;
  std::string key;
  std::string least;
  std::string most;
  std::string below;
  std::string above;
};

const std::vector<IntegerRange>& integer_ranges() {
  static const std::vector<IntegerRange> ranges{
      {DataKind::logs, "itemInSession", "0", "1048575", "-1", "1048576"},
      {DataKind::logs, "registration", "-9223372036854775808", "9223372036854775807",
       "-9223372036854775809", "9223372036854775808"},
      {DataKind::logs, "sessionId", "0", "4398046511103", "-1", "4398046511104"},
      {DataKind::logs, "status", "-2147483648", "2147483647", "-2147483649", "2147483648"},
      {DataKind::logs, "userId", "0", "2147483647", "-1", "2147483648"},
      {DataKind::songs, "num_songs", "-2147483648", "2147483647", "-2147483649", "2147483648"},
      {DataKind::songs, "year", "-2147483648", "2147483647", "-2147483649", "2147483648"},
  };
  return ranges;
}

std::string fate_of(const IntegerRange& range, const std::string& json) {
  return range.kind == DataKind::logs ? in_play(range.key, json) : in_song(range.key, json);
}

TEST(Converter, AnIntegerMayBeAtTheEndsOfItsRange) {
  for (const IntegerRange& range : integer_ranges()) {
    EXPECT_EQ(fate_of(range, range.least), range.least) << range.key;
    EXPECT_EQ(fate_of(range, range.most), range.most) << range.key;
  }
}

TEST(Converter, AnIntegerOutsideItsRangeIsAReject) {
  for (const IntegerRange& range : integer_ranges()) {
    const std::string reject = reject_of("out_of_range", range.kind, range.key);
    EXPECT_EQ(fate_of(range, range.below), reject) << range.below;
    EXPECT_EQ(fate_of(range, range.above), reject) << range.above;
    EXPECT_EQ(fate_of(range, "9" + std::string(400, '0')), reject);
    EXPECT_EQ(fate_of(range, "-9" + std::string(400, '0')), reject);
  }
}

TEST(Converter, ATimeIsKeptInMicrosecondsFromItsMilliseconds) {
  EXPECT_EQ(in_play("ts", "0"), "0");
  EXPECT_EQ(in_play("ts", "1"), "1000");
  EXPECT_EQ(in_play("ts", "253402300799999"), "253402300799999000");
  EXPECT_EQ(in_play("ts", "253402300800000"), "out_of_range ts");
  EXPECT_EQ(in_play("ts", "-1"), "out_of_range ts");
}

TEST(Converter, IntegersAreWrittenAsIntegers) {
  for (const std::string& key : kPlayIntegers) {
    for (const std::string_view value : {"5.5", "5e0", "5E1", "5.0e0", "true", "{}", "[5]"}) {
      EXPECT_EQ(in_play(key, std::string(value)), reject_of("bad_type", DataKind::logs, key))
          << value;
    }
  }
  for (const std::string key : {"num_songs", "year"}) {
    for (const std::string_view value : {"5.0", "\"5\"", "5e0", "false", "[]"}) {
      EXPECT_EQ(in_song(key, std::string(value)), reject_of("bad_type", DataKind::songs, key));
    }
  }
}

TEST(Converter, MinusZeroIsZero) {
  EXPECT_EQ(in_play("userId", "-0"), "0");
  EXPECT_EQ(in_play("sessionId", "-0"), "0");
  EXPECT_EQ(in_play("userId", "\"-0\""), "0");
}

TEST(Converter, UserIdAndRegistrationMayHaveAFractionOfZeros) {
  for (const std::string key : {"userId", "registration"}) {
    EXPECT_EQ(in_play(key, "5.0"), "5");
    EXPECT_EQ(in_play(key, "5.0000000000"), "5");
    EXPECT_EQ(in_play(key, "0.0"), "0");
    EXPECT_EQ(in_play(key, "5.01"), reject_of("bad_type", DataKind::logs, key));
  }
  for (const std::string key : {"itemInSession", "sessionId", "status", "ts"}) {
    EXPECT_EQ(in_play(key, "5.0"), reject_of("bad_type", DataKind::logs, key));
  }
}

TEST(Converter, UserIdAndRegistrationMayBeTextsOfIntegers) {
  for (const std::string key : {"userId", "registration"}) {
    EXPECT_EQ(in_play(key, "\"5\""), "5");
    EXPECT_EQ(in_play(key, R"("\u0035")"), "5");
    for (const std::string_view text : {"5.0", " 5", "5 ", "+5", "05", "5e0", "five", "-", "0x5"}) {
      EXPECT_EQ(in_play(key, in_quotes(text)), reject_of("bad_type", DataKind::logs, key)) << text;
    }
    EXPECT_EQ(in_play(key, in_quotes("9223372036854775808")),
              reject_of("out_of_range", DataKind::logs, key));
  }
  EXPECT_EQ(in_play("userId", "\"-1\""), "out_of_range user_id");
  EXPECT_EQ(in_play("registration", "\"-1\""), "-1");
  for (const std::string key : {"itemInSession", "sessionId", "status", "ts"}) {
    EXPECT_EQ(in_play(key, "\"5\""), reject_of("bad_type", DataKind::logs, key));
  }
}

TEST(Converter, AnEmptyUserIdIsNullAndAnEmptyRegistrationABadType) {
  EXPECT_EQ(fate(decode_logs(visit({{"userId", "\"\""}})), "user_id"), "NULL");
  EXPECT_EQ(fate(decode_logs(visit({{"registration", "\"\""}})), "registration"),
            "bad_type registration");
}

TEST(Converter, AnEscapedNulInAUserIdIsABadType) {
  EXPECT_EQ(in_play("userId", R"("5\u0000")"), "bad_type user_id");
}

// Decimals.

TEST(ParseDecimal5, KeepsFivePlacesExactly) {
  EXPECT_EQ(parse_decimal5("655.77751"), 65577751);
  EXPECT_EQ(parse_decimal5("0.1"), 10000);
  EXPECT_EQ(parse_decimal5("1"), 100000);
  EXPECT_EQ(parse_decimal5("0.00001"), 1);
  EXPECT_EQ(parse_decimal5("-0.00001"), -1);
  EXPECT_EQ(parse_decimal5("0"), 0);
  EXPECT_EQ(parse_decimal5("-0.0"), 0);
}

TEST(ParseDecimal5, RoundsHalfAwayFromZero) {
  EXPECT_EQ(parse_decimal5("0.000005"), 1);
  EXPECT_EQ(parse_decimal5("-0.000005"), -1);
  EXPECT_EQ(parse_decimal5("0.000004999999999999999999999999"), 0);
  EXPECT_EQ(parse_decimal5("0.000015"), 2);
  EXPECT_EQ(parse_decimal5("0.000025"), 3);
  // As a double it would be 1.00000499999999991951...
  EXPECT_EQ(parse_decimal5("1.000005"), 100001);
  EXPECT_EQ(parse_decimal5("9.999995"), 1000000);
  EXPECT_EQ(parse_decimal5("0.0000049"), 0);
}

TEST(ParseDecimal5, ReadsExponents) {
  EXPECT_EQ(parse_decimal5("1e2"), 10000000);
  EXPECT_EQ(parse_decimal5("1E+2"), 10000000);
  EXPECT_EQ(parse_decimal5("12345678e-5"), 12345678);
  EXPECT_EQ(parse_decimal5("5e-6"), 1);
  EXPECT_EQ(parse_decimal5("4.9e-6"), 0);
  EXPECT_EQ(parse_decimal5("0.0000123e6"), 1230000);
  EXPECT_EQ(parse_decimal5("123.456e-1"), 1234560);
}

TEST(ParseDecimal5, TakesExponentsOfAnySize) {
  EXPECT_EQ(parse_decimal5("0e99999999999999999999999"), 0);
  EXPECT_EQ(parse_decimal5("1e-99999999999999999999999"), 0);
  EXPECT_EQ(parse_decimal5("1e99999999999999999999999"), std::nullopt);
  EXPECT_EQ(parse_decimal5("1e-9223372036854775808"), 0);
  EXPECT_EQ(parse_decimal5("0." + std::string(3000, '0') + "1e3001"), 100000);
  EXPECT_EQ(parse_decimal5("1" + std::string(3000, '0') + "e-3000"), 100000);
}

TEST(ParseDecimal5, HoldsTwelveDigitsAndNoMore) {
  EXPECT_EQ(parse_decimal5("9999999.99999"), 999'999'999'999);
  EXPECT_EQ(parse_decimal5("-9999999.99999"), -999'999'999'999);
  EXPECT_EQ(parse_decimal5("9999999.999994"), 999'999'999'999);
  EXPECT_EQ(parse_decimal5("9999999.999995"), std::nullopt);
  EXPECT_EQ(parse_decimal5("-9999999.999995"), std::nullopt);
  EXPECT_EQ(parse_decimal5("10000000"), std::nullopt);
  EXPECT_EQ(parse_decimal5("1e7"), std::nullopt);
}

TEST(Converter, DecimalColumnsTakeAnyNumberAndNothingElse) {
  EXPECT_EQ(in_play("length", "200"), "20000000");
  EXPECT_EQ(in_play("length", "-1.5e1"), "-1500000");
  EXPECT_EQ(in_play("length", "9999999.999995"), "out_of_range length");
  EXPECT_EQ(in_song("duration", "1e7"), "out_of_range duration");
  EXPECT_EQ(in_song("duration", "0.000005"), "1");
  for (const std::string_view value : {"\"1\"", "true", "[1]", "{}", "\"\""}) {
    EXPECT_EQ(in_play("length", std::string(value)), "bad_type length");
    EXPECT_EQ(in_song("duration", std::string(value)), "bad_type duration");
  }
}

// Doubles.

TEST(ParseDouble, GivesTheNearestDouble) {
  EXPECT_EQ(parse_double("35.14968"), 35.14968);
  EXPECT_EQ(parse_double("-90.04892"), -90.04892);
  EXPECT_EQ(parse_double("1E2"), 100.0);
  EXPECT_EQ(parse_double("0.1000000000000000055511151231257827021181583404541015625"), 0.1);
  EXPECT_EQ(parse_double("9007199254740993"), 9007199254740992.0);
}

TEST(ParseDouble, HoldsTheLargestAndRefusesWhatIsLarger) {
  EXPECT_EQ(parse_double("1.7976931348623157e308"), std::numeric_limits<double>::max());
  EXPECT_EQ(parse_double("-1.7976931348623157e308"), std::numeric_limits<double>::lowest());
  EXPECT_EQ(parse_double("1.7976931348623159e308"), std::nullopt);
  EXPECT_EQ(parse_double("1e309"), std::nullopt);
  EXPECT_EQ(parse_double("-1e309"), std::nullopt);
  EXPECT_EQ(parse_double("1e999999999999999999999"), std::nullopt);
  EXPECT_EQ(parse_double("0.00001e400"), std::nullopt);
  EXPECT_EQ(parse_double("1" + std::string(400, '0')), std::nullopt);
}

TEST(ParseDouble, WhatIsTooSmallIsZero) {
  EXPECT_EQ(parse_double("5e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(parse_double("1e-400"), 0.0);
  EXPECT_EQ(parse_double("-1e-400"), 0.0);
  EXPECT_EQ(parse_double("1e-999999999999999999999"), 0.0);
  EXPECT_EQ(parse_double("100000e-400"), 0.0);
  EXPECT_EQ(parse_double("0e999999999999999999999"), 0.0);
  EXPECT_EQ(parse_double("0." + std::string(400, '0') + "1"), 0.0);
}

TEST(Converter, CoordinatesTakeAnyNumberAndNothingElse) {
  for (const std::string key : {"artist_latitude", "artist_longitude"}) {
    EXPECT_EQ(in_song(key, "0"), "0");
    EXPECT_EQ(in_song(key, "1e-400"), "0");
    EXPECT_EQ(in_song(key, "-179.25"), "-179.25");
    EXPECT_EQ(in_song(key, "1e309"), "out_of_range " + key);
    for (const std::string_view value : {"\"1\"", "true", "[]", "{}"}) {
      EXPECT_EQ(in_song(key, std::string(value)), "bad_type " + key);
    }
  }
}

// What has to be there.

TEST(Converter, EveryEventNeedsItsPageTimeSessionAndItem) {
  for (const std::string key : {"page", "ts", "sessionId", "itemInSession"}) {
    for (const std::string value : {"", "null"}) {
      EXPECT_EQ(fate(decode_logs(visit({{key, value}})), "page"),
                reject_of("missing_field", DataKind::logs, key));
    }
  }
}

TEST(Converter, APlayNeedsItsUserSongArtistAndLength) {
  for (const std::string key : {"userId", "song", "artist", "length"}) {
    for (const std::string value : {"", "null"}) {
      EXPECT_EQ(in_play(key, value), reject_of("missing_field", DataKind::logs, key));
      EXPECT_EQ(fate(decode_logs(play({{key, value}, {"page", R"("Home")"}})), "page"), "Home");
    }
  }
  EXPECT_EQ(in_play("userId", "\"\""), "missing_field user_id");
}

TEST(Converter, OnlyThePageNextSongExactlyMakesAPlay) {
  for (const std::string page : {"nextsong", "NextSong ", "NextSon", "Next Song"}) {
    EXPECT_EQ(fate(decode_logs(visit({{"page", in_quotes(page)}})), "page"), page);
  }
  EXPECT_EQ(fate(decode_logs(visit({{"page", R"("Next\u0053ong")"}})), "page"),
            "missing_field artist");
}

TEST(Converter, ASongNeedsItsIdsTitleArtistAndDuration) {
  for (const std::string key : {"song_id", "title", "artist_id", "artist_name", "duration"}) {
    for (const std::string value : {"", "null"}) {
      EXPECT_EQ(in_song(key, value), reject_of("missing_field", DataKind::songs, key));
    }
  }
  EXPECT_EQ(in_song("song_id", "\"\""), "missing_field song_id");
  EXPECT_EQ(in_song("artist_id", "\"\""), "missing_field artist_id");
}

TEST(Converter, TheFirstMissingColumnInStagingOrderIsNamed) {
  EXPECT_EQ(fate(decode_logs("{\"page\":\"NextSong\"}"), "page"), "missing_field artist");
  EXPECT_EQ(fate(decode_logs("{}"), "page"), "missing_field item_in_session");
  EXPECT_EQ(fate(decode_songs("{}"), "title"), "missing_field artist_id");
  EXPECT_EQ(fate(decode_songs(song({{"duration", ""}, {"song_id", "\"\""}})), "title"),
            "missing_field song_id");
}

TEST(Converter, LeavesTheBatchAsItWasWhenItRefusesARecord) {
  const decoding::Decoded decoded = decode_logs(
      visit() + "\n" + visit({{"ts", "\"x\""}, {"song", R"("\u00e9")"}}) + "\n" + visit());
  EXPECT_EQ(decoding::cells(decoded, "record_no"), (std::vector<std::string>{"1", "3"}));
  EXPECT_EQ(decoding::cells(decoded, "song"), (std::vector<std::string>{"NULL", "NULL"}));
}

}  // namespace
}  // namespace sparkify
