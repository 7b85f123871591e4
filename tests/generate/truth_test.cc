#include "generate/truth.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "fakes/memory_writer.h"

namespace sparkify {
namespace {

using Json = nlohmann::json;

GenerateProgress progress;  // nobody looks at it

// What truth.json says of a set with many faults of every kind, held against the bytes.
class TruthTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    GenerateOptions options;
    options.events = 12'000;
    options.songs = 900;
    options.days = 40;
    options.faults = *parse_faults("all=0.03,bom=0.3,utf16=0.02");
    writer_ = new MemoryWriter;
    summary_ = new GenerateSummary(*generate(options, *writer_, progress));
    truth_ = new Json(Json::parse(writer_->objects.at("truth.json")));
  }
  static void TearDownTestSuite() {
    delete truth_;
    delete summary_;
    delete writer_;
  }

  static std::vector<Json> records_of(FaultKind kind) {
    std::vector<Json> records;
    for (const Json& record : (*truth_)["faulty_records"]) {
      if (record["kind"] == to_string(kind)) records.push_back(record);
    }
    return records;
  }
  /// The file's text from the record's first byte on.
  static std::string text_from(const Json& record) {
    return writer_->objects.at(record["file"]).substr(record["byte_offset"]);
  }
  static std::string line_of(const Json& record) {
    const std::string text = text_from(record);
    return text.substr(0, text.find('\n'));
  }
  /// The record's members; it must stand alone on its line.
  static Json parsed(const Json& record) { return Json::parse(line_of(record)); }
  /// The object at the start of `text`; it must hold no other, and no brace in its texts.
  static Json first_object_in(std::string_view text) {
    return Json::parse(text.substr(0, text.find('}') + 1));
  }
  /// The first record before `record`, in the order of the ETL, with the session and item of
  /// `copy`; null if there is none.
  static Json play_before(const Json& record, const Json& copy) {
    const std::string session = ",\"sessionId\":" + copy["sessionId"].dump() + ",";
    const std::string file = record["file"];
    for (const auto& [name, text] : writer_->objects) {
      if (!name.starts_with("log_data/") || name > file) continue;
      const std::size_t end = name == file ? record["byte_offset"].get<std::size_t>() : text.size();
      const std::string_view before = std::string_view(text).substr(0, end);
      for (std::size_t at = before.find(session); at != before.npos;
           at = before.find(session, at + 1)) {
        const std::size_t start = before.rfind('{', at);
        const std::string_view object = before.substr(start, before.find('}', at) + 1 - start);
        const Json found = Json::parse(object, nullptr, false);
        if (found.is_discarded() || !found.contains("itemInSession")) continue;
        if (found["itemInSession"] == copy["itemInSession"]) return found;
      }
    }
    return {};
  }
  static bool is_ascii_only(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0; });
  }
  static std::string key_of(const Json& record) {
    static const std::map<std::string, std::string> keys{
        {"first_name", "firstName"}, {"item_in_session", "itemInSession"},
        {"last_name", "lastName"},   {"session_id", "sessionId"},
        {"user_agent", "userAgent"}, {"user_id", "userId"}};
    const std::string column = record["column"];
    const auto found = keys.find(column);
    return found == keys.end() ? column : found->second;
  }

  static MemoryWriter* writer_;
  static GenerateSummary* summary_;
  static Json* truth_;
};

MemoryWriter* TruthTest::writer_ = nullptr;
GenerateSummary* TruthTest::summary_ = nullptr;
Json* TruthTest::truth_ = nullptr;

TEST_F(TruthTest, EveryKindOccursAtItsRate) {
  const double records = 12'900;
  for (const FaultKind kind : all_fault_kinds()) {
    if (is_of_file(kind)) continue;
    const auto found = summary_->faults.find(kind);
    const double count = found == summary_->faults.end() ? 0 : static_cast<double>(found->second);
    switch (kind) {
      // Not every record can have each: a BOM stands at the start of one of some 940 files.
      case FaultKind::bom:
        EXPECT_NEAR(count, 940 * 0.3, 60);
        break;
      case FaultKind::raw_utf8:
      case FaultKind::encoded_again:
      case FaultKind::other_normal_form:
        EXPECT_GT(count, 0) << to_string(kind);
        break;
      case FaultKind::same_line:  // behind a record without a fault
        EXPECT_GT(count, records * 0.03 * 0.2);
        break;
      default:
        EXPECT_GT(count, records * 0.03 * 0.6) << to_string(kind);
        EXPECT_LT(count, records * 0.03 * 1.2) << to_string(kind);
    }
  }
  EXPECT_GT(summary_->faults.at(FaultKind::utf16), 5);
}

TEST_F(TruthTest, TheListTheTotalsAndTheSummaryAgree) {
  std::int64_t rejects = 0;
  std::int64_t listed = 0;
  for (const auto& [kind, count] : summary_->faults) {
    EXPECT_EQ((*truth_)["faults"][std::string(to_string(kind))], count);
    EXPECT_EQ(std::ssize(records_of(kind)), count);
    listed += count;
  }
  for (const auto& [reason, count] : (*truth_)["expected"]["rejects"].items()) {
    const Json& records = (*truth_)["faulty_records"];
    EXPECT_EQ(
        std::count_if(records.begin(), records.end(),
                      [&key = reason](const Json& record) { return record["reason"] == key; }),
        count);
    rejects += count.get<std::int64_t>();
  }
  EXPECT_EQ(std::ssize((*truth_)["faulty_records"]), listed);
  const Json& expected = (*truth_)["expected"];
  EXPECT_EQ(expected["log_records_loaded"].get<std::int64_t>() +
                expected["songs"].get<std::int64_t>() + expected["duplicates"].get<std::int64_t>() +
                rejects,
            summary_->events + summary_->songs);
  EXPECT_EQ((*truth_)["written"]["files"], summary_->files - 1);
}

TEST_F(TruthTest, EveryRecordStandsWhereItIsSaidTo) {
  struct Counted {
    std::ptrdiff_t bytes = 0;
    std::ptrdiff_t line = 1;
  };
  std::map<std::string, Counted> counted;  // by file: records stand in order there
  for (const Json& record : (*truth_)["faulty_records"]) {
    const std::string& text = writer_->objects.at(record["file"]);
    const auto offset = record["byte_offset"].get<std::ptrdiff_t>();
    ASSERT_LT(offset, std::ssize(text));
    Counted& so_far = counted[record["file"]];
    ASSERT_LE(so_far.bytes, offset);
    so_far.line += std::count(text.begin() + so_far.bytes, text.begin() + offset, '\n');
    so_far.bytes = offset;
    EXPECT_EQ(so_far.line, record["line"]);
    if (record["kind"] == "bad_json" || record["kind"] == "utf16") continue;
    EXPECT_EQ(text[static_cast<std::size_t>(offset)], '{');
  }
}

TEST_F(TruthTest, BadJsonIsNoObjectAndEndsBeforeTheNextLineWithABrace) {
  for (const Json& record : records_of(FaultKind::bad_json)) {
    const std::string text = text_from(record);
    const std::size_t next = text.find("\n{");
    const std::string bad = text.substr(0, next);
    EXPECT_FALSE(Json::parse(bad, nullptr, false).is_object() && bad.find("[[[") == bad.npos)
        << bad;
    EXPECT_TRUE(record["column"].is_null());
  }
}

TEST_F(TruthTest, BadUtf8IsInTheBytesOrInAnEscape) {
  for (const Json& record : records_of(FaultKind::bad_utf8)) {
    const std::string line = line_of(record);
    if (!record["column"].is_null()) {
      EXPECT_TRUE(is_utf8(line));
    }
    EXPECT_TRUE(Json::parse(line, nullptr, false).is_discarded()) << line;
  }
}

TEST_F(TruthTest, BadTypesNulAndLengthsAreInTheColumnNamed) {
  for (const Json& record : records_of(FaultKind::nul_character)) {
    const std::string value = parsed(record)[key_of(record)];
    EXPECT_NE(value.find('\0'), value.npos);
  }
  for (const Json& record : records_of(FaultKind::too_long)) {
    const std::string value = parsed(record)[key_of(record)];
    EXPECT_GT(value.size(), 64u);
  }
  for (const Json& record : records_of(FaultKind::bad_type)) {
    EXPECT_FALSE(parsed(record)[key_of(record)].is_null());
  }
}

TEST_F(TruthTest, MissingFieldsAreMissingNullOrEmpty) {
  for (const Json& record : records_of(FaultKind::missing_field)) {
    const Json value = parsed(record).value(key_of(record), Json());
    EXPECT_TRUE(value.is_null() || value == "") << value;
  }
}

TEST_F(TruthTest, CopiesFollowThePlayTheyAreMadeOf) {
  for (const FaultKind kind : {FaultKind::duplicate, FaultKind::key_conflict}) {
    for (const Json& record : records_of(kind)) {
      const Json copy = first_object_in(text_from(record));
      const Json original = play_before(record, copy);
      const bool is_same_play =
          original["ts"] == copy["ts"] && original["userId"] == copy["userId"];
      EXPECT_EQ(original == copy, kind == FaultKind::duplicate);
      EXPECT_EQ(is_same_play, kind == FaultKind::duplicate);
    }
  }
}

TEST_F(TruthTest, UnknownKeysAreNamed) {
  for (const Json& record : records_of(FaultKind::unknown_key)) {
    EXPECT_TRUE(parsed(record).contains(record["key"]));
  }
}

TEST_F(TruthTest, TextsThatAreEscapedOrNotMeanTheSame) {
  for (const Json& record : records_of(FaultKind::escaped_ascii)) {
    const std::string line = line_of(record);
    const bool is_song = record["file"].get<std::string>().starts_with("song_data/");
    EXPECT_TRUE(is_ascii_only(line)) << line;
    EXPECT_NE(line.find("\\u00"), line.npos) << line;
    EXPECT_TRUE(parsed(record).contains(is_song ? "song_id" : "sessionId")) << line;
  }
  for (const Json& record : records_of(FaultKind::raw_utf8)) {
    const std::string line = line_of(record);
    EXPECT_TRUE(is_utf8(line));
    EXPECT_FALSE(is_ascii_only(line)) << line;
    EXPECT_TRUE(parsed(record).is_object());
  }
}

TEST_F(TruthTest, PlaysWithOtherBytesInTheirTextsMatchNoSong) {
  std::set<std::tuple<Json, Json, Json>> keys;
  for (const auto& [name, text] : writer_->objects) {
    const Json song = Json::parse(text, nullptr, false);
    if (!name.starts_with("song_data/") || !song.is_object()) continue;
    keys.emplace(song.value("title", Json()), song.value("artist_name", Json()),
                 song.value("duration", Json()));
  }
  for (const FaultKind kind : {FaultKind::encoded_again, FaultKind::other_normal_form}) {
    for (const Json& record : records_of(kind)) {
      const Json play = first_object_in(text_from(record));
      EXPECT_FALSE(keys.contains({play["song"], play["artist"], play["length"]})) << play;
      EXPECT_EQ(record["outcome"], "loaded");
    }
  }
}

TEST_F(TruthTest, FilesInUtf16AreOneBadRecord) {
  std::set<std::string> reasons;
  for (const Json& record : records_of(FaultKind::utf16)) {
    const std::string& text = writer_->objects.at(record["file"]);
    EXPECT_EQ(text.size() % 2, 0u);
    EXPECT_EQ(is_utf8(text), record["reason"] == "bad_json");
    EXPECT_EQ(record["byte_offset"], 0);
    reasons.insert(record["reason"]);
  }
  EXPECT_EQ(reasons, (std::set<std::string>{"bad_json", "bad_utf8"}));
  EXPECT_EQ(std::ssize((*truth_)["faulty_files"]), summary_->faults.at(FaultKind::utf16));
}

TEST_F(TruthTest, UnusualLayoutsLookAsTheyShould) {
  for (const Json& record : records_of(FaultKind::bom)) {
    EXPECT_TRUE(writer_->objects.at(record["file"]).starts_with("\xEF\xBB\xBF{"));
    EXPECT_EQ(record["byte_offset"], 3);
  }
  for (const Json& record : records_of(FaultKind::crlf)) {
    EXPECT_TRUE(line_of(record).ends_with("}\r"));
  }
  for (const Json& record : records_of(FaultKind::multi_line)) {
    EXPECT_EQ(line_of(record), "{");
  }
  for (const Json& record : records_of(FaultKind::same_line)) {
    const std::string& text = writer_->objects.at(record["file"]);
    const std::size_t offset = record["byte_offset"];
    const std::size_t before = text.find_last_not_of(" \t", offset - 1);
    EXPECT_EQ(text[before], '}');
  }
  for (const Json& record : records_of(FaultKind::blank_line)) {
    const std::string& text = writer_->objects.at(record["file"]);
    const std::size_t offset = record["byte_offset"];
    EXPECT_EQ(text[offset - 1], '\n');
  }
}

}  // namespace
}  // namespace sparkify
