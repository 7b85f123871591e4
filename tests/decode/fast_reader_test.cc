#include "decode/fast_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "base/utf8.h"
#include "decode/decoding.h"
#include "decode/json_text.h"
#include "decode/mutants.h"
#include "decode/strict_reader.h"

namespace sparkify {
namespace {

using decoding::good_records;
using decoding::Mutator;

const KeyIndex& log_keys() {
  static const KeyIndex keys(DataKind::logs);
  return keys;
}

std::string padded(std::string_view text) {
  return std::string(text) + std::string(FastReader::kPaddingBytes, '}');
}

/// Where FastReader says that the object at the text's first byte ends; 0 where it does not say.
std::size_t read_fast(FastReader& reader, std::string_view text, RawRecord& record) {
  const std::string memory = padded(text);
  if (!reader.index(std::string_view(memory).substr(0, text.size()))) return 0;
  const std::size_t end = reader.read_record(0, log_keys(), record);
  // The tokens point into memory that goes; they are moved to the caller's text.
  const auto moved = [&](std::string_view token) {
    return token.empty()
               ? token
               : text.substr(static_cast<std::size_t>(token.data() - memory.data()), token.size());
  };
  for (RawValue& value : record.values) value.token = moved(value.token);
  for (UnknownKey& key : record.unknown_keys) key.token = moved(key.token);
  return end;
}

std::string shown(const RawRecord& record) {
  std::string text;
  for (const RawValue& value : record.values) {
    text +=
        fmt::format("{} {} <{}>\n", static_cast<int>(value.kind), value.has_escape, value.token);
  }
  for (const UnknownKey& key : record.unknown_keys) {
    text += fmt::format("{} <{}>\n", key.has_escape, key.token);
  }
  return text;
}

bool has_malformed_escape(const RawRecord& record) {
  for (const RawValue& value : record.values) {
    if (value.has_escape && !unescaped(value.token)) return true;
  }
  return false;
}

/// Holds the two readers' answers about one text against each other. True if the fast one accepts.
bool is_accepted_alike(FastReader& fast, std::string_view text) {
  RawRecord quick;
  const std::size_t end = read_fast(fast, text, quick);
  // Escapes in the texts of known keys are checked when they are resolved.
  if (end == 0 || has_malformed_escape(quick)) return false;
  RawRecord exact;
  StrictReader strict(text, true, log_keys());
  const ReadEnd strict_end = strict.read_record(0, exact);
  EXPECT_EQ(strict_end.kind, ReadEnd::Kind::complete) << text;
  EXPECT_EQ(strict_end.at, end) << text;
  EXPECT_FALSE(exact.has_lone_surrogate()) << text;
  EXPECT_TRUE(is_utf8(text.substr(0, end))) << text;
  EXPECT_EQ(shown(quick), shown(exact)) << text;
  return true;
}

TEST(FastReader, AcceptsGoodRecordsItself) {
  FastReader fast;
  for (const std::string& record : good_records()) {
    EXPECT_TRUE(is_accepted_alike(fast, record)) << record;
  }
}

TEST(FastReader, AcceptsNothingThatTheStrictReaderRefuses) {
  Mutator mutator(20181130);
  FastReader fast;
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < 60'000 && !::testing::Test::HasFailure(); ++i) {
    const auto& seeds = good_records();
    const std::string mutant = mutator.mutant_of(seeds[i % seeds.size()]);
    if (mutant.starts_with('{') && is_accepted_alike(fast, mutant)) ++accepted;
  }
  EXPECT_GT(accepted, 2'000U);
}

TEST(FastReader, AcceptsNothingThatTheStrictReaderRefusesAfterAnyChangedByte) {
  FastReader fast;
  for (const std::string& record : good_records()) {
    for (std::size_t at = 1; at < record.size(); ++at) {
      for (int byte = 0; byte < 256 && !::testing::Test::HasFailure(); byte += 1 + byte / 128) {
        std::string mutant = record;
        mutant[at] = static_cast<char>(byte);
        is_accepted_alike(fast, mutant);
      }
    }
  }
}

TEST(FastReader, LeavesAKeyGivenTwiceAndEscapedKeysToTheStrictReader) {
  FastReader fast;
  RawRecord record;
  EXPECT_EQ(read_fast(fast, R"({"ts":1,"ts":2})", record), 0U);
  EXPECT_EQ(read_fast(fast, R"({"t\u0073":1})", record), 0U);
}

TEST(FastReader, LeavesALoneSurrogateInAnUnknownValueToTheStrictReader) {
  FastReader fast;
  RawRecord record;
  EXPECT_EQ(read_fast(fast, R"({"x":"\ud800"})", record), 0U);
  EXPECT_EQ(read_fast(fast, R"({"x":["\ud800"]})", record), 0U);
  EXPECT_EQ(read_fast(fast, R"({"ts":{"\ud800":1}})", record), 0U);
}

TEST(FastReader, MakesNoIndexOfBytesThatAreNotUtf8OrOfATextWithoutEnd) {
  FastReader fast;
  EXPECT_FALSE(fast.index(""));
  for (const std::string_view text : {"{\"a\":\"\xFF\"}", "{\"a\":\"b}", "{\"a\":\"\x01\"}"}) {
    const std::string memory = padded(text);
    EXPECT_FALSE(fast.index(std::string_view(memory).substr(0, text.size()))) << text;
  }
}

TEST(FastReader, ReadsRecordsOneAfterAnotherAndOnlyWhereTheyBegin) {
  FastReader fast;
  const std::string memory = padded("{\"ts\":1} {\"ts\":2}{\"ts\":3}");
  ASSERT_TRUE(fast.index(std::string_view(memory).substr(0, 25)));
  RawRecord record;
  EXPECT_EQ(fast.read_record(0, log_keys(), record), 8U);
  EXPECT_EQ(fast.read_record(8, log_keys(), record), 0U);
  EXPECT_EQ(fast.read_record(9, log_keys(), record), 17U);
  EXPECT_EQ(record.values[kTs].token, "2");
  EXPECT_EQ(fast.read_record(17, log_keys(), record), 25U);
}

TEST(FastReader, DoesNotReadBehindTheText) {
  FastReader fast;
  RawRecord record;
  // What follows in memory would close the object.
  EXPECT_EQ(read_fast(fast, "{\"ts\":1", record), 0U);
  EXPECT_EQ(read_fast(fast, "{\"ts\":", record), 0U);
  EXPECT_EQ(read_fast(fast, "{", record), 0U);
}

}  // namespace
}  // namespace sparkify
