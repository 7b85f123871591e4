#include "decode/block_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "decode/decoding.h"

// Where records begin and end, and what becomes of bad ones: docs/formats/json_input.md.
namespace sparkify {
namespace {

using decoding::cells;
using decoding::decode_logs;
using decoding::decode_songs;
using decoding::Decoded;
using decoding::object_of;
using decoding::play;
using decoding::repeated;
using decoding::shown;
using decoding::song;
using decoding::visit;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// An event whose session tells it from others.
std::string event(int session) { return visit({{"sessionId", std::to_string(session)}}); }

/// The sessions of the rows, in order.
std::vector<std::string> sessions(const Decoded& decoded) { return cells(decoded, "session_id"); }

std::vector<std::string> sessions_of(std::string_view text) { return sessions(decode_logs(text)); }
std::vector<std::string> rejects_of(std::string_view text) {
  return shown(decode_logs(text).rejects);
}

// Streams.

TEST(BlockDecoder, ReadsARecordALine) {
  const Decoded decoded = decode_logs(event(1) + "\n" + event(2) + "\n");
  EXPECT_THAT(sessions(decoded), ElementsAre("1", "2"));
  EXPECT_THAT(cells(decoded, "record_no"), ElementsAre("1", "2"));
  EXPECT_THAT(cells(decoded, "object_no"), ElementsAre("7", "7"));
  EXPECT_EQ(decoded.records, 2);
}

TEST(BlockDecoder, FindsNothingInAnEmptyFileOrInWhiteSpace) {
  for (const std::string_view text : {"", "\n", " \t\r\n \n", "\xEF\xBB\xBF", "\xEF\xBB\xBF\n"}) {
    const Decoded decoded = decode_logs(text);
    EXPECT_EQ(decoded.records, 0);
    EXPECT_EQ(decoded.drift.records(), 0);
  }
}

TEST(BlockDecoder, NeedsNoNewlineAtTheEnd) {
  EXPECT_THAT(sessions_of(event(1) + "\n" + event(2)), ElementsAre("1", "2"));
}

TEST(BlockDecoder, PassesOverAByteOrderMarkButCountsItsBytes) {
  const std::string mark = "\xEF\xBB\xBF";
  EXPECT_THAT(sessions_of(mark + event(1) + "\n"), ElementsAre("1"));
  EXPECT_THAT(sessions_of(mark + "[" + event(1) + "]"), ElementsAre("1"));
  EXPECT_THAT(rejects_of(mark + "{}"), ElementsAre("#1 1:3 missing_field [item_in_session] <{}>"));
}

TEST(BlockDecoder, AByteOrderMarkElsewhereIsBadJson) {
  EXPECT_THAT(rejects_of(event(1) + "\n\xEF\xBB\xBF" + event(2) + "\n" + event(3)),
              ElementsAre("#2 2:55 bad_json [] <\xEF\xBB\xBF" + event(2) + ">"));
}

TEST(BlockDecoder, TakesCarriageReturnsAndBlankLines) {
  const Decoded decoded = decode_logs(event(1) + "\r\n\r\n \t\n\n" + event(2) + "\r\n{}\r\n");
  EXPECT_THAT(sessions(decoded), ElementsAre("1", "2"));
  EXPECT_THAT(shown(decoded.rejects), ElementsAre("#3 6:118 missing_field [item_in_session] <{}>"));
}

TEST(BlockDecoder, TakesObjectsOverSeveralLines) {
  EXPECT_THAT(sessions_of("{\n  \"page\": \"Home\",\r\n  \"ts\": 1,\n\n\"sessionId\"\n:\n5,\n"
                          "\t\"itemInSession\" : 0\n}\n" +
                          event(6)),
              ElementsAre("5", "6"));
}

TEST(BlockDecoder, TakesSeveralObjectsOnALineWithOrWithoutBlanks) {
  EXPECT_THAT(sessions_of(event(1) + event(2) + " " + event(3) + "\t" + event(4)),
              ElementsAre("1", "2", "3", "4"));
}

TEST(BlockDecoder, ARecordMayBeginBeforeAndEndBehindALineThatBeginsWithABrace) {
  EXPECT_THAT(sessions_of("{\"extra\":\n{\"a\":\n{}},\n" + event(1).substr(1) + event(2)),
              ElementsAre("1", "2"));
}

// Arrays.

TEST(BlockDecoder, ReadsAnArrayOnOneLine) {
  EXPECT_THAT(sessions_of("[" + event(1) + "," + event(2) + "]"), ElementsAre("1", "2"));
  EXPECT_THAT(sessions_of(" \n [ " + event(1) + " , " + event(2) + " ] \n"), ElementsAre("1", "2"));
}

TEST(BlockDecoder, ReadsAPrettyPrintedArray) {
  EXPECT_THAT(sessions_of("[\n  " + event(1) + ",\n  " + event(2) + "\n]\n"),
              ElementsAre("1", "2"));
  EXPECT_THAT(sessions_of("[\n" + event(1) + "\n,\n" + event(2) + "\n]"), ElementsAre("1", "2"));
}

TEST(BlockDecoder, AnEmptyArrayHasNoRecords) {
  EXPECT_EQ(decode_logs("[]").records, 0);
  EXPECT_EQ(decode_logs("\n[ \n ]\n").records, 0);
}

TEST(BlockDecoder, AnArrayWithoutItsEndGivesOneRejectWithoutText) {
  const std::string text = "[" + event(1) + "\n";
  const Decoded decoded = decode_logs(text);
  EXPECT_THAT(sessions(decoded), ElementsAre("1"));
  EXPECT_THAT(shown(decoded.rejects), ElementsAre("#2 2:56 bad_json [] <>"));
  EXPECT_EQ(text.size(), 56U);
  EXPECT_THAT(rejects_of("["), ElementsAre("#1 1:1 bad_json [] <>"));
  EXPECT_THAT(rejects_of("[" + event(1) + ","), ElementsAre("#2 1:56 bad_json [] <>"));
}

TEST(BlockDecoder, AnUnclosedArrayThatEndsInABadRecordGivesNoRejectMore) {
  EXPECT_THAT(rejects_of("[" + event(1) + ",{\"a\""), ElementsAre("#2 1:56 bad_json [] <{\"a\">"));
  EXPECT_THAT(rejects_of("[" + event(1) + ",]"), ElementsAre("#2 1:56 bad_json [] <]>"));
}

TEST(BlockDecoder, AnArrayIsOpenAgainBehindABadRecordThatEnds) {
  EXPECT_THAT(rejects_of("[{\"a\" 1},\n" + event(1)),
              ElementsAre("#1 1:1 bad_json [] <{\"a\" 1},>", "#3 2:64 bad_json [] <>"));
}

TEST(BlockDecoder, NothingBehindAnArrayIsLoaded) {
  const Decoded decoded =
      decode_logs("[" + event(1) + "] x\n" + event(2) + "\n" + event(3) + event(4));
  EXPECT_THAT(sessions(decoded), ElementsAre("1"));
  EXPECT_THAT(shown(decoded.rejects),
              ElementsAre("#2 1:57 bad_json [] <x>", "#3 2:59 bad_json [] <" + event(2) + ">",
                          "#4 3:114 bad_json [] <" + event(3) + event(4) + ">"));
}

TEST(BlockDecoder, AMissingCommaMakesTheRecordBehindItBad) {
  const Decoded decoded = decode_logs("[" + event(1) + "\n" + event(2) + ",\n" + event(3) + "]");
  EXPECT_THAT(sessions(decoded), ElementsAre("1", "3"));
  EXPECT_THAT(shown(decoded.rejects), ElementsAre("#2 2:56 bad_json [] <" + event(2) + ",>"));
}

TEST(BlockDecoder, ACommaTooManyIsABadRecord) {
  EXPECT_THAT(rejects_of("[," + event(1) + ",\n" + event(2) + "]"),
              ElementsAre("#1 1:1 bad_json [] <," + event(1) + ",>"));
  EXPECT_THAT(rejects_of("[" + event(1) + ",,\n" + event(2) + "]"),
              ElementsAre("#2 1:56 bad_json [] <,>"));
}

// Records that are no objects, and faults.

TEST(BlockDecoder, AValueThatIsNoObjectIsABadRecordOfItsOwn) {
  const Decoded decoded = decode_logs(event(1) + " 12 \"a\" true null [{}]-0.5e1\n" + event(2));
  EXPECT_THAT(sessions(decoded), ElementsAre("1", "2"));
  EXPECT_THAT(shown(decoded.rejects),
              ElementsAre("#2 1:55 bad_json [] <12>", "#3 1:58 bad_json [] <\"a\">",
                          "#4 1:62 bad_json [] <true>", "#5 1:67 bad_json [] <null>",
                          "#6 1:72 bad_json [] <[{}]>", "#7 1:76 bad_json [] <-0.5e1>"));
}

TEST(BlockDecoder, AValueThatIsNoObjectIsABadRecordInAnArrayToo) {
  const Decoded decoded = decode_logs("[1,[2,[]]," + event(1) + ",\"x\"]");
  EXPECT_THAT(sessions(decoded), ElementsAre("1"));
  EXPECT_THAT(shown(decoded.rejects),
              ElementsAre("#1 1:1 bad_json [] <1>", "#2 1:3 bad_json [] <[2,[]]>",
                          "#4 1:65 bad_json [] <\"x\">"));
}

TEST(BlockDecoder, TwoNumbersThatTouchAreTwoRecords) {
  EXPECT_THAT(rejects_of("01"), ElementsAre("#1 1:0 bad_json [] <0>", "#2 1:1 bad_json [] <1>"));
}

TEST(BlockDecoder, ABadRecordEndsBeforeTheNextLineThatBeginsWithABrace) {
  const Decoded decoded = decode_logs("{\"a\":1,\n  more\n\n \t\r" + event(1) + "\n" + event(2));
  EXPECT_THAT(sessions(decoded), ElementsAre("1", "2"));
  EXPECT_THAT(shown(decoded.rejects), ElementsAre("#1 1:0 bad_json [] <{\"a\":1,\n  more>"));
}

TEST(BlockDecoder, ABadRecordEndsBeforeALineWhoseBraceIsTheFault) {
  const Decoded decoded = decode_logs("{\"a\":1,\n" + event(1));
  EXPECT_THAT(sessions(decoded), ElementsAre("1"));
  EXPECT_THAT(shown(decoded.rejects), ElementsAre("#1 1:0 bad_json [] <{\"a\":1,>"));
}

TEST(BlockDecoder, ABadRecordEndsAtAnInnerLineWithABraceThoughTheFaultIsBehindIt) {
  const Decoded decoded = decode_logs("{\"a\":\n{\"b\":1},\n{" + event(1) + "\n" + event(2));
  EXPECT_THAT(sessions(decoded), ElementsAre("2"));
  EXPECT_THAT(shown(decoded.rejects),
              ElementsAre("#1 1:0 bad_json [] <{\"a\":>",
                          "#2 2:6 missing_field [item_in_session] <{\"b\":1}>",
                          "#3 2:13 bad_json [] <,>", "#4 3:15 bad_json [] <{" + event(1) + ">"));
}

TEST(BlockDecoder, ALineCutAnywhereCostsItselfAndNothingOfTheNext) {
  const std::string record = visit({{"more", R"({"a":[1,"b"],"c":{}})"}, {"level", "null"}});
  for (std::size_t bytes = 1; bytes < record.size(); ++bytes) {
    const std::string cut = record.substr(0, bytes);
    const Decoded decoded = decode_logs(cut + "\n" + event(2) + "\n" + event(3) + "\n");
    EXPECT_THAT(sessions(decoded), ElementsAre("2", "3")) << cut;
    EXPECT_THAT(shown(decoded.rejects), ElementsAre("#1 1:0 bad_json [] <" + cut + ">"));
  }
}

TEST(BlockDecoder, ABadRecordTakesTheRestOfItsLine) {
  EXPECT_THAT(rejects_of("{\"a\":} " + event(1) + "\n" + event(2)),
              ElementsAre("#1 1:0 bad_json [] <{\"a\":} " + event(1) + ">"));
}

TEST(BlockDecoder, ABadRecordAtTheEndEndsWithTheFile) {
  EXPECT_THAT(rejects_of(event(1) + "\n{\"a\":\"b \n\n"),
              ElementsAre("#2 2:55 bad_json [] <{\"a\":\"b>"));
}

TEST(BlockDecoder, ABracketInAStreamIsAFault) {
  EXPECT_THAT(rejects_of(event(1) + "]\n" + event(2)), ElementsAre("#2 1:54 bad_json [] <]>"));
  EXPECT_THAT(rejects_of(event(1) + ",\n" + event(2)), ElementsAre("#2 1:54 bad_json [] <,>"));
}

TEST(BlockDecoder, KnowsEveryKindOfBadJson) {
  for (const std::string_view bad : {"{\"a\":01}",
                                     "{\"a\":+1}",
                                     "{\"a\":1.}",
                                     "{\"a\":.5}",
                                     "{\"a\":1e}",
                                     "{\"a\":-}",
                                     "{\"a\":NaN}",
                                     "{\"a\":Infinity}",
                                     "{\"a\":tru}",
                                     "{\"a\":nulll}",
                                     "{\"a\":'b'}",
                                     "{\"a\":\"\\x41\"}",
                                     "{\"a\":\"\\u12g4\"}",
                                     "{\"a\":\"\\u12\"}",
                                     "{\"a\":\"\t\"}",
                                     "{\"a\":\"\x01\"}",
                                     "{\"a\":\"b}",
                                     "{a:1}",
                                     "{\"a\"}",
                                     "{\"a\":}",
                                     "{\"a\":1,}",
                                     "{,}",
                                     "{\"a\":1 \"b\":2}",
                                     "{\"a\":[1,]}",
                                     "{\"a\":[1 2]}",
                                     "{\"a\":{\"b\"}}",
                                     "{\"a\":1]",
                                     "{\"a\":[1}",
                                     "{\"a\"::1}",
                                     "{// no\n}",
                                     "{/* no */}",
                                     "{\"a\":1;}",
                                     "{\"a\":\"\\",
                                     "{"}) {
    const std::string text = std::string(bad) + "\n" + event(1) + "\n";
    const Decoded decoded = decode_logs(text);
    EXPECT_THAT(shown(decoded.rejects),
                ElementsAre("#1 1:0 bad_json [] <" + std::string(bad) + ">"));
    EXPECT_THAT(sessions(decoded), ElementsAre("1")) << bad;
  }
}

TEST(BlockDecoder, ChecksTheValuesOfUnknownKeysToo) {
  EXPECT_THAT(rejects_of(visit({{"more", "{\"a\":[01]}"}})),
              ElementsAre("#1 1:0 bad_json [] <" + visit({{"more", "{\"a\":[01]}"}}) + ">"));
}

TEST(BlockDecoder, ARecordMayBe1024LevelsDeepAndNoMore) {
  const auto nested = [](std::size_t levels) {
    return visit({{"more", repeated("[", levels - 1) + repeated("]", levels - 1)}});
  };
  EXPECT_THAT(rejects_of(nested(1024)), IsEmpty());
  EXPECT_THAT(rejects_of(nested(1025)), ElementsAre("#1 1:0 bad_json [] <" + nested(1025) + ">"));
}

TEST(BlockDecoder, AValueThatIsNoObjectMayBe1024LevelsDeepAndIsOneReject) {
  const std::string whole = repeated("[", 1024) + repeated("]", 1024);
  EXPECT_THAT(rejects_of("1 " + whole + " 2"),
              ElementsAre("#1 1:0 bad_json [] <1>", "#2 1:2 bad_json [] <" + whole + ">",
                          "#3 1:2051 bad_json [] <2>"));
}

TEST(BlockDecoder, CountsLinesAndBytesOfRecordsBehindOthers) {
  const Decoded decoded =
      decode_logs("\n\n{\n\"page\":\"Home\"\n}  {}\n" + event(1) + "\n  {\"ts\":\"x\"}");
  EXPECT_THAT(shown(decoded.rejects),
              ElementsAre("#1 3:2 missing_field [item_in_session] <{\n\"page\":\"Home\"\n}>",
                          "#2 5:21 missing_field [item_in_session] <{}>",
                          "#4 7:81 bad_type [ts] <{\"ts\":\"x\"}>"));
}

// UTF-8.

TEST(BlockDecoder, BytesThatAreNotUtf8MakeTheirRecordBad) {
  const std::string bad = visit({{"level", "\"a\xFFz\""}});
  const std::string bad_shown = visit({{"level", "\"a\uFFFDz\""}});
  const Decoded decoded = decode_logs(event(1) + "\n" + bad + "\n" + event(2));
  EXPECT_THAT(sessions(decoded), ElementsAre("1", "2"));
  EXPECT_THAT(shown(decoded.rejects), ElementsAre("#2 2:55 bad_utf8 [] <" + bad_shown + ">"));
}

TEST(BlockDecoder, BytesThatAreNotUtf8InAKeyOrAnUnknownValueAreBadToo) {
  EXPECT_THAT(rejects_of("{\"\xC0\x80\":1}"),
              ElementsAre("#1 1:0 bad_utf8 [] <{\"\uFFFD\uFFFD\":1}>"));
  EXPECT_THAT(rejects_of("{\"x\":[\"\xED\xA0\x80\"]}"),
              ElementsAre("#1 1:0 bad_utf8 [] <{\"x\":[\"\uFFFD\uFFFD\uFFFD\"]}>"));
}

TEST(BlockDecoder, BadUtf8GoesBeforeBadJsonWhereverInTheRecordItStands) {
  EXPECT_THAT(rejects_of("{\"a\":01}\nfine \xFE not\n" + event(1)),
              ElementsAre("#1 1:0 bad_utf8 [] <{\"a\":01}\nfine \uFFFD not>"));
  EXPECT_THAT(rejects_of("\"\xFF\""), ElementsAre("#1 1:0 bad_utf8 [] <\"\uFFFD\">"));
}

TEST(BlockDecoder, ABadByteBehindARecordIsNotTheRecords) {
  const Decoded decoded = decode_logs(event(1) + "\xFF\n" + event(2));
  EXPECT_THAT(sessions(decoded), ElementsAre("1", "2"));
  EXPECT_THAT(shown(decoded.rejects), ElementsAre("#2 1:54 bad_utf8 [] <\uFFFD>"));
}

TEST(BlockDecoder, ACharacterThatIsCutIsOneReplacement) {
  EXPECT_THAT(rejects_of("{\"a\":\"\xE2\x82\"}"),
              ElementsAre("#1 1:0 bad_utf8 [] <{\"a\":\"\uFFFD\"}>"));
  EXPECT_THAT(rejects_of("{\"a\":\"\xF0\x9F\x98\"}"),
              ElementsAre("#1 1:0 bad_utf8 [] <{\"a\":\"\uFFFD\"}>"));
}

// Lone surrogates.

TEST(BlockDecoder, ALoneSurrogateNamesTheColumnWhoseValueItStandsIn) {
  for (const std::string_view escape : {"\\uD800", "\\uDBFF", "\\uDC00", "\\udfff", "\\uD83Dx",
                                        "\\uD83D\\u0041", "\\uDE00\\uD83D", "\\uD83D\\n"}) {
    const std::string record = visit({{"level", "\"" + std::string(escape) + "\""}});
    EXPECT_THAT(rejects_of(record), ElementsAre("#1 1:0 bad_utf8 [level] <" + record + ">"));
  }
}

TEST(BlockDecoder, APairOfSurrogatesIsACharacter) {
  EXPECT_THAT(cells(decode_logs(visit({{"level", R"("\uD83D\uDE00")"}})), "level"),
              ElementsAre("\U0001F600"));
}

TEST(BlockDecoder, OfSeveralLoneSurrogatesTheFirstColumnInStagingOrderIsNamed) {
  const std::string record = R"({"userAgent":"\uD800","auth":"\uDC00","song":"\uD800"})";
  EXPECT_THAT(rejects_of(record), ElementsAre("#1 1:0 bad_utf8 [auth] <" + record + ">"));
}

TEST(BlockDecoder, ALoneSurrogateInAKeyOrAnUnknownValueNamesNoColumn) {
  for (const std::string_view field :
       {R"("\uD800":1)", R"("x":"\uDC00")", R"("x":{"level":"\uD800"})", R"("x":[["\uD800"]])",
        R"("x":{"\uD800":1})"}) {
    const std::string record = "{" + std::string(field) + "}";
    EXPECT_THAT(rejects_of(record), ElementsAre("#1 1:0 bad_utf8 [] <" + record + ">"));
  }
}

TEST(BlockDecoder, ALoneSurrogateInsideAKnownKeysObjectNamesItsColumn) {
  const std::string record = R"({"level":{"x":["\uD800"]}})";
  EXPECT_THAT(rejects_of(record), ElementsAre("#1 1:0 bad_utf8 [level] <" + record + ">"));
}

TEST(BlockDecoder, ALoneSurrogateInALaterValueOfTheSameKeyCounts) {
  const std::string record = R"({"level":"free","level":"\uD800"})";
  EXPECT_THAT(rejects_of(record), ElementsAre("#1 1:0 bad_utf8 [level] <" + record + ">"));
}

TEST(BlockDecoder, ALoneSurrogateBeforeTheFaultGoesBeforeBadJson) {
  const std::string before = R"({"level":"\uD800","page":01})";
  EXPECT_THAT(rejects_of(before), ElementsAre("#1 1:0 bad_utf8 [level] <" + before + ">"));
  const std::string behind = R"({"page":01,"level":"\uD800"})";
  EXPECT_THAT(rejects_of(behind), ElementsAre("#1 1:0 bad_json [] <" + behind + ">"));
  const std::string alone = R"(["\uD800"] "\uDC00")";
  EXPECT_THAT(rejects_of("1" + alone),
              ElementsAre("#1 1:0 bad_json [] <1>", R"(#2 1:1 bad_utf8 [] <["\uD800"]>)",
                          R"(#3 1:12 bad_utf8 [] <"\uDC00">)"));
}

TEST(BlockDecoder, ALoneSurrogateBehindTheEndOfABadRecordIsTheNextRecords) {
  EXPECT_THAT(
      rejects_of("{\"song\":\n{\"level\":\"\\ud800\"},"),
      ElementsAre("#1 1:0 bad_json [] <{\"song\":>",
                  "#2 2:9 bad_utf8 [level] <{\"level\":\"\\ud800\"}>", "#3 2:27 bad_json [] <,>"));
}

TEST(BlockDecoder, ALoneSurrogateInATextThatIsNotCompleteDoesNotCount) {
  for (const std::string_view record :
       {R"({"level":"\ud800)", R"({"level":"\ud800\x"})", R"({"\udc00)", R"("\ud800)"}) {
    EXPECT_THAT(rejects_of(record),
                ElementsAre("#1 1:0 bad_json [] <" + std::string(record) + ">"));
  }
}

TEST(BlockDecoder, ALoneSurrogateWhereNoValueMayStandDoesNotCount) {
  const std::string record = R"({"level":"\ud800"})";
  EXPECT_THAT(rejects_of("[]" + record), ElementsAre("#1 1:2 bad_json [] <" + record + ">"));
  EXPECT_THAT(rejects_of("[1" + record),
              ElementsAre("#1 1:1 bad_json [] <1>", "#2 1:2 bad_json [] <" + record + ">"));
}

TEST(BlockDecoder, RawBytesThatAreNotUtf8GoBeforeALoneSurrogate) {
  EXPECT_THAT(rejects_of("{\"level\":\"\\uD800\",\"x\":\"\xFF\"}"),
              ElementsAre("#1 1:0 bad_utf8 [] <{\"level\":\"\\uD800\",\"x\":\"\uFFFD\"}>"));
}

// Keys.

TEST(BlockDecoder, OfAKeyGivenTwiceTheFirstValueCounts) {
  const std::string record =
      R"({"page":"Home","page":"NextSong","ts":1,"sessionId":1,"itemInSession":0,"ts":"x"})";
  EXPECT_THAT(cells(decode_logs(record), "page"), ElementsAre("Home"));
}

TEST(BlockDecoder, OfAKeyGivenTwiceAFirstNullCountsToo) {
  const std::string record = R"({"level":null,"level":"free",)" + visit().substr(1);
  EXPECT_THAT(cells(decode_logs(record), "level"), ElementsAre("NULL"));
}

TEST(BlockDecoder, ALaterValueOfAKeyHasToBeWellFormed) {
  EXPECT_THAT(rejects_of(R"({"ts":1,"ts":1x})"),
              ElementsAre(R"(#1 1:0 bad_json [] <{"ts":1,"ts":1x}>)"));
}

TEST(BlockDecoder, KeysMatchAfterUnescaping) {
  const std::string record =
      R"({"\u0070age":"Home","t\u0073":1,"sessionId":9,"itemIn\u0053ession":0})";
  EXPECT_THAT(sessions_of(record), ElementsAre("9"));
}

TEST(BlockDecoder, AnEscapedKeyAndAPlainOneAreTheSameKey) {
  const std::string record = R"({"p\u0061ge":"Home","page":7,)" + visit().substr(1);
  EXPECT_THAT(cells(decode_logs(record), "page"), ElementsAre("Home"));
}

TEST(BlockDecoder, KeysMatchByCaseAndByEveryByte) {
  const std::string record = R"({"Page":1,"PAGE":1,"page ":1,"pag":1,"":1,)" + visit().substr(1);
  EXPECT_THAT(cells(decode_logs(record), "page"), ElementsAre("Home"));
}

TEST(BlockDecoder, TheOrderOfKeysIsFree) {
  EXPECT_THAT(cells(decode_songs(R"({"year":1,"title":"t","song_id":"s","duration":1,)"
                                 R"("artist_name":"n","artist_id":"a"})"),
                    "song_id"),
              ElementsAre("s"));
}

// One reject a record: the order of reasons.

TEST(BlockDecoder, TheFirstBadColumnInStagingOrderIsNamed) {
  const std::string record = play({{"userId", "true"}, {"auth", "1"}, {"artist", "\"\""}});
  EXPECT_THAT(rejects_of(record), ElementsAre("#1 1:0 bad_type [auth] <" + record + ">"));
}

TEST(BlockDecoder, AColumnsRangeGoesBeforeALaterColumnsType) {
  const std::string record = play({{"itemInSession", "-1"}, {"lastName", "1"}});
  EXPECT_THAT(rejects_of(record),
              ElementsAre("#1 1:0 out_of_range [item_in_session] <" + record + ">"));
}

TEST(BlockDecoder, AnyBadValueGoesBeforeAMissingField) {
  const std::string record = play({{"artist", ""}, {"userId", "{}"}});
  EXPECT_THAT(rejects_of(record), ElementsAre("#1 1:0 bad_type [user_id] <" + record + ">"));
}

TEST(BlockDecoder, OfAColumnsFaultsANulGoesBeforeTheLength) {
  const std::string record = play({{"auth", "\"\\u0000" + std::string(65, 'a') + "\""}});
  EXPECT_THAT(rejects_of(record), ElementsAre("#1 1:0 nul_character [auth] <" + record + ">"));
}

// The text that is kept.

TEST(BlockDecoder, TheTextOfARecordEndsWithoutWhiteSpace) {
  EXPECT_THAT(rejects_of("{\"a\":01} \t\r\n \n" + event(1)),
              ElementsAre("#1 1:0 bad_json [] <{\"a\":01}>"));
}

TEST(BlockDecoder, ALongTextIsCutAt65000BytesAtACharacter) {
  const std::string head = "{\"a\":\"";
  const std::string record = head + std::string(64'993, 'x') + "\u20AC\"}";
  // 6 + 64,993 bytes: one byte is left, and the next character takes three.
  EXPECT_EQ(decode_logs(record).rejects.at(0).raw_text,
            head + std::string(64'993, 'x') + "\u2026[cut]");
}

TEST(BlockDecoder, ATextOf65000BytesIsKeptWhole) {
  const std::string record = "{\"a\":\"" + std::string(64'992, 'x') + "\"}";
  ASSERT_EQ(record.size(), 65'000U);
  EXPECT_EQ(decode_logs(record).rejects.at(0).raw_text, record);
}

TEST(BlockDecoder, ANulByteIsBadJsonAndShownAsAReplacement) {
  EXPECT_THAT(rejects_of(std::string("{\"a\":\"\0\"}", 9)),
              ElementsAre("#1 1:0 bad_json [] <{\"a\":\"\uFFFD\"}>"));
  EXPECT_THAT(rejects_of(std::string("\0", 1)), ElementsAre("#1 1:0 bad_json [] <\uFFFD>"));
}

// Drift.

TEST(BlockDecoder, CountsEveryKeyOfWellFormedObjectsOnceARecord) {
  const Decoded decoded = decode_logs(R"({"page":1,"page":2,"x":1,"x":2,"\u0078":3,"y":null})"
                                      "\n" +
                                      event(1) + R"({"y":1,"ts":null})");
  EXPECT_EQ(decoded.drift.records(), 3);
  EXPECT_EQ(decoded.drift.known(kPage), 2);
  EXPECT_EQ(decoded.drift.known(kTs), 2);
  EXPECT_EQ(decoded.drift.known(kSong), 0);
  EXPECT_THAT(decoded.drift.unknown(),
              ElementsAre(::testing::Pair("x", 1), ::testing::Pair("y", 2)));
}

TEST(BlockDecoder, CountsNothingForBadJsonAndBadUtf8) {
  const Decoded decoded = decode_logs(
      "{\"x\":01}\n{\"x\":\"\xFF\"}\n{\"x\":\"\\uD800\"}\n[{\"x\":1}]\n{\"x\":\"\\u0000\"}");
  EXPECT_EQ(decoded.drift.records(), 1);
  EXPECT_THAT(decoded.drift.unknown(), ElementsAre(::testing::Pair("x", 1)));
}

TEST(BlockDecoder, ASongsKeysAreUnknownInALog) {
  const Decoded decoded = decode_logs(song());
  EXPECT_EQ(decoded.drift.unknown().size(), 10U);
  EXPECT_EQ(decode_songs(song()).drift.unknown().size(), 0U);
  EXPECT_EQ(decode_songs(song()).drift.known(kYear), 1);
}

}  // namespace
}  // namespace sparkify
