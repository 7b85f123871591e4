#include "decode/strict_reader.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "decode/decoding.h"
#include "decode/mutants.h"

namespace sparkify {
namespace {

using decoding::good_records;
using decoding::Mutator;
using decoding::repeated;

/// The reading of a text that is one object, or the beginning of one.
struct Reading {
  ReadEnd end;
  RawRecord record;
};

const KeyIndex& log_keys() {
  static const KeyIndex keys(DataKind::logs);
  return keys;
}

Reading read(std::string_view text, bool is_last = true) {
  Reading reading;
  StrictReader reader(text, is_last, log_keys());
  reading.end = reader.read_record(0, reading.record);
  return reading;
}

ReadEnd::Kind kind_of(std::string_view text, bool is_last) { return read(text, is_last).end.kind; }

TEST(StrictReader, EndsBehindTheLastByteOfTheObject) {
  const Reading reading = read("{\"ts\": 1 } tail");
  EXPECT_EQ(reading.end.kind, ReadEnd::Kind::complete);
  EXPECT_EQ(reading.end.at, 10U);
  EXPECT_EQ(reading.record.values[kTs].token, "1");
}

TEST(StrictReader, EveryBeginningOfAnObjectNeedsMoreOrIsCut) {
  for (const std::string& record : good_records()) {
    for (std::size_t bytes = 1; bytes < record.size(); ++bytes) {
      const std::string_view cut = std::string_view(record).substr(0, bytes);
      EXPECT_EQ(kind_of(cut, false), ReadEnd::Kind::need_more) << cut;
      const Reading last = read(cut, true);
      EXPECT_EQ(last.end.kind, ReadEnd::Kind::fault) << cut;
      EXPECT_EQ(last.end.at, bytes);
    }
    EXPECT_EQ(kind_of(record, false), ReadEnd::Kind::complete);
  }
}

TEST(StrictReader, AFaultIsTheFirstByteThatCannotContinueTheValue) {
  const std::vector<std::pair<std::string_view, std::size_t>> faults{{"{a", 1},
                                                                     {"{\"a\" 1}", 5},
                                                                     {"{\"a\":}", 5},
                                                                     {"{\"a\":01}", 6},
                                                                     {"{\"a\":1.x}", 7},
                                                                     {"{\"a\":1ex}", 7},
                                                                     {"{\"a\":-x}", 6},
                                                                     {"{\"a\":trux}", 8},
                                                                     {"{\"a\":1,}", 7},
                                                                     {"{\"a\":[1,]}", 8},
                                                                     {"{\"a\":[1}", 7},
                                                                     {"{\"a\":\"\\x\"}", 7},
                                                                     {"{\"a\":\"\\u12g4\"}", 10},
                                                                     {"{\"a\":\"\n\"}", 6},
                                                                     {"{\"a\":{1}}", 6},
                                                                     {"{\"a\":1 2}", 7},
                                                                     {"{,}", 1},
                                                                     {"{\"a\":1]", 6},
                                                                     {"{\"a\"}", 4},
                                                                     {"{\"a\":nulll}", 9}};
  for (const auto& [text, at] : faults) {
    for (const bool is_last : {false, true}) {
      const Reading reading = read(text, is_last);
      EXPECT_EQ(reading.end.kind, ReadEnd::Kind::fault) << text;
      EXPECT_EQ(reading.end.at, at) << text;
    }
  }
}

TEST(StrictReader, ANumberAtTheEndOfTheTextMayGoOn) {
  bool lone_surrogate = false;
  for (const std::string_view number : {"1", "-1.5", "1e5", "0"}) {
    StrictReader open(number, false, log_keys());
    EXPECT_EQ(open.read_value(0, &lone_surrogate).kind, ReadEnd::Kind::need_more);
    StrictReader last(number, true, log_keys());
    EXPECT_EQ(last.read_value(0, &lone_surrogate).kind, ReadEnd::Kind::complete);
  }
}

TEST(StrictReader, FaultsAtTheBracketThatIsTooDeep) {
  const std::string deep = "{\"a\":" + repeated("[", 1023) + repeated("]", 1023) + "}";
  EXPECT_EQ(read(deep).end.kind, ReadEnd::Kind::complete);
  const std::string deeper = "{\"a\":" + repeated("[", 1024) + repeated("]", 1024) + "}";
  EXPECT_EQ(read(deeper).end.kind, ReadEnd::Kind::fault);
  EXPECT_EQ(read(deeper).end.at, 5U + 1023U);
}

TEST(StrictReader, ACutPairOfSurrogatesIsNotYetALoneOne) {
  const std::string record = R"({"level":"\ud83d\ude00"})";
  for (std::size_t bytes = 1; bytes < record.size(); ++bytes) {
    const Reading reading = read(std::string_view(record).substr(0, bytes), false);
    EXPECT_EQ(reading.end.kind, ReadEnd::Kind::need_more);
    EXPECT_FALSE(reading.record.has_lone_surrogate());
  }
}

/// What nlohmann::json says, a parser that shares nothing with ours.
class SecondOpinion : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t&) override { return true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& e) override {
    constexpr int kNumberTooLarge = 406;
    is_number_too_large = e.id == kNumberTooLarge;
    return false;
  }

  /// It refuses numbers that no double holds; for us they are well-formed.
  bool is_number_too_large = false;
};

/// Whether both parsers can judge the text: nlohmann refuses what is not UTF-8 and lone surrogates,
/// and takes a NUL byte for the end.
bool is_comparable(std::string_view text, const RawRecord& record) {
  return is_utf8(text) && text.find('\0') == std::string_view::npos && !record.has_lone_surrogate();
}

TEST(StrictReader, AgreesWithASecondParserAboutWhatIsWellFormed) {
  Mutator mutator(20181101);
  std::size_t accepted = 0;
  std::size_t refused = 0;
  for (std::size_t i = 0; i < 60'000; ++i) {
    const auto& seeds = good_records();
    const std::string mutant = mutator.mutant_of(seeds[i % seeds.size()]);
    if (!mutant.starts_with('{')) continue;
    const Reading ours = read(mutant);
    if (!is_comparable(mutant, ours.record)) continue;
    SecondOpinion theirs;
    const bool accepts = nlohmann::json::sax_parse(mutant, &theirs);
    if (theirs.is_number_too_large) continue;
    const bool whole = ours.end.kind == ReadEnd::Kind::complete &&
                       mutant.find_first_not_of(" \t\r\n", ours.end.at) == std::string::npos;
    ASSERT_EQ(whole, accepts) << mutant;
    ++(accepts ? accepted : refused);
  }
  EXPECT_GT(accepted, 2'000U);
  EXPECT_GT(refused, 10'000U);
}

TEST(StrictReader, AgreesWithASecondParserAboutEveryCutAndEveryChangedByte) {
  for (const std::string& record : good_records()) {
    for (std::size_t at = 1; at < record.size(); ++at) {
      for (const char byte : std::string_view("\"\\{}[],:0.-eE+ tn\x01\x7f")) {
        std::string mutant = record;
        mutant[at] = byte;
        const Reading ours = read(mutant);
        if (!is_comparable(mutant, ours.record)) continue;
        const bool whole = ours.end.kind == ReadEnd::Kind::complete && ours.end.at == mutant.size();
        SecondOpinion theirs;
        const bool accepts = nlohmann::json::sax_parse(mutant, &theirs);
        if (theirs.is_number_too_large) continue;
        ASSERT_EQ(whole, accepts) << mutant;
      }
    }
  }
}

}  // namespace
}  // namespace sparkify
