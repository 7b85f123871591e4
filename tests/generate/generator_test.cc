#include "generate/generator.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "fakes/gunzip.h"
#include "fakes/memory_writer.h"

namespace sparkify {
namespace {

using Json = nlohmann::json;
using Objects = std::map<std::string, std::string>;

GenerateOptions small() {
  GenerateOptions options;
  options.events = 3'000;
  options.users = 30;
  options.songs = 120;
  options.days = 9;
  return options;
}

GenerateProgress progress;  // nobody looks at it

GenerateOptions small_with_faults() {
  GenerateOptions options = small();
  options.faults = *parse_faults("all=0.02");
  return options;
}

Objects objects_of(const GenerateOptions& options) {
  MemoryWriter writer;
  const auto summary = generate(options, writer, progress);
  EXPECT_TRUE(summary.ok()) << (summary.ok() ? "" : summary.error().message);
  return writer.objects;
}

/// The log records of a set without faults, file by file.
std::vector<Json> events_of(const Objects& objects) {
  std::vector<Json> events;
  for (const auto& [name, text] : objects) {
    if (!name.starts_with("log_data/")) continue;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      events.push_back(Json::parse(text.substr(at, end - at)));
      at = end + 1;
    }
  }
  return events;
}

using MatchKey = std::tuple<std::string, std::string, double>;

std::set<MatchKey> song_keys_of(const Objects& objects) {
  std::set<MatchKey> keys;
  for (const auto& [name, text] : objects) {
    if (!name.starts_with("song_data/")) continue;
    const Json song = Json::parse(text);
    keys.emplace(song["title"], song["artist_name"], song["duration"]);
  }
  return keys;
}

/// FNV-1a of all names and bytes.
std::uint64_t digest(const Objects& objects) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const auto& [name, text] : objects) {
    for (const char c : name + '\0' + text) {
      hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001B3;
    }
  }
  return hash;
}

std::size_t count_in(const Objects& objects, std::string_view folder) {
  std::size_t count = 0;
  for (const auto& [name, text] : objects) count += name.starts_with(folder) ? 1 : 0;
  return count;
}

TEST(Generate, TheSameOptionsGiveTheSameBytes) {
  EXPECT_EQ(objects_of(small_with_faults()), objects_of(small_with_faults()));
}

TEST(Generate, ThreadsDoNotShowInTheBytes) {
  for (const bool gzip : {false, true}) {
    GenerateOptions options = small_with_faults();
    options.songs = 600;  // more than one job's
    options.gzip = gzip;
    const Objects by_one = objects_of(options);
    for (const std::size_t threads : {2U, 4U, 7U}) {
      options.threads = threads;
      EXPECT_EQ(objects_of(options), by_one) << threads;
    }
  }
}

GenerateOptions in_deliveries() {
  GenerateOptions options = small_with_faults();
  options.days = 30;
  options.deliveries = 3;
  options.faults[FaultKind::utf16] = 0.05;
  options.faults[FaultKind::late_song] = 0.2;
  options.faults[FaultKind::late_file] = 0.3;
  options.faults[FaultKind::changed_object] = 0.4;
  return options;
}

TEST(Generate, ThreadsDoNotShowInADelivery) {
  GenerateOptions options = in_deliveries();
  options.delivery = 2;
  const Objects by_one = objects_of(options);
  for (const std::size_t threads : {2U, 4U, 7U}) {
    options.threads = threads;
    EXPECT_EQ(objects_of(options), by_one) << threads;
  }
}

TEST(Generate, TheLogsOfAllDeliveriesAreThoseOfOne) {
  GenerateOptions options = in_deliveries();
  Objects together;
  std::size_t written = 0;
  std::size_t replaced = 0;
  for (options.delivery = 1; options.delivery <= 3; ++options.delivery) {
    for (auto& [name, text] : objects_of(options)) {
      if (!name.starts_with("log_data/")) continue;
      ++written;
      const auto known = together.find(name);
      if (known != together.end()) {
        EXPECT_NE(known->second, text) << name;
        ++replaced;
      }
      together.insert_or_assign(name, text);
    }
  }
  options.deliveries = options.delivery = 1;
  Objects at_once = objects_of(options);
  std::erase_if(at_once, [](const auto& each) { return !each.first.starts_with("log_data/"); });
  EXPECT_EQ(together, at_once);
  EXPECT_EQ(written, at_once.size() + replaced);
  EXPECT_GT(replaced, 3u);
}

TEST(Generate, WhatWasSaidOfADeliveryStaysSo) {
  GenerateOptions options = in_deliveries();
  Json before = Json::array();
  for (options.delivery = 1; options.delivery <= 3; ++options.delivery) {
    const Json truth = Json::parse(objects_of(options).at("truth.json"));
    before.push_back(truth["expected"]);
    EXPECT_EQ(truth["deliveries"], before);
    EXPECT_EQ(truth["expected"]["log_records"], truth["written"]["log_records"]);
  }
}

TEST(Generate, AnotherSeedGivesOtherBytes) {
  GenerateOptions other = small();
  other.seed = 2;
  EXPECT_NE(digest(objects_of(small())), digest(objects_of(other)));
}

// Holds on every machine and compiler. A change of what is generated changes the number; nothing
// else may.
TEST(Generate, TheBytesAreTheSameOnEveryMachine) {
  EXPECT_EQ(digest(objects_of(small_with_faults())), 17415987231359875236U);
}

TEST(Generate, FaultsChangeNoOtherRecord) {
  GenerateOptions options = small();
  options.faults = {{FaultKind::crlf, 0.1}};
  Objects with_faults = objects_of(options);
  with_faults.erase("truth.json");
  for (auto& [name, text] : with_faults) std::erase(text, '\r');
  Objects without = objects_of(small());
  without.erase("truth.json");
  for (auto& [name, text] : with_faults) {
    if (text.ends_with('\n')) text.pop_back();  // of a last record
  }
  EXPECT_EQ(with_faults, without);
}

TEST(Generate, CountsMatchTheOptionsAndTheSummary) {
  MemoryWriter writer;
  const auto summary = generate(small(), writer, progress);
  ASSERT_TRUE(summary.ok());
  const std::vector<Json> events = events_of(writer.objects);
  EXPECT_EQ(events.size(), 3'000u);
  EXPECT_EQ(summary->events, 3'000);
  EXPECT_EQ(summary->songs, 120);
  EXPECT_EQ(count_in(writer.objects, "song_data/"), 120u);
  EXPECT_EQ(count_in(writer.objects, "log_data/2018/11/2018-11-0"), 9u);
  EXPECT_EQ(summary->files, std::ssize(writer.objects));
  std::int64_t bytes = 0;
  for (const auto& [name, text] : writer.objects) bytes += std::ssize(text);
  EXPECT_EQ(summary->bytes, bytes);
  std::int64_t plays = 0;
  for (const Json& event : events) plays += event["page"] == "NextSong" ? 1 : 0;
  EXPECT_EQ(summary->plays, plays);
  EXPECT_TRUE(summary->faults.empty());
}

TEST(Generate, RecordsHaveTheKeysAndFormsOfTheLogs) {
  const Objects objects = objects_of(small());
  const std::string& text = objects.at("log_data/2018/11/2018-11-05-events.json");
  const auto first = nlohmann::ordered_json::parse(text.substr(0, text.find('\n')));
  std::vector<std::string> keys;
  for (const auto& [key, value] : first.items()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{
                      "artist", "auth", "firstName", "gender", "itemInSession", "lastName",
                      "length", "level", "location", "method", "page", "registration", "sessionId",
                      "song", "status", "ts", "userAgent", "userId"}));
  EXPECT_FALSE(text.ends_with('\n'));
  EXPECT_NE(text.find(R"("userAgent":"\"Mozilla\/5.0)"), std::string::npos);
  EXPECT_NE(text.find(".0,\"sessionId\":"), std::string::npos);
}

TEST(Generate, VisitorsHaveNoUser) {
  int visitors = 0;
  for (const Json& event : events_of(objects_of(small()))) {
    const bool is_visitor = event["userId"] == "";
    visitors += is_visitor ? 1 : 0;
    EXPECT_EQ(event["auth"], is_visitor ? "Logged Out" : "Logged In");
    for (const char* key :
         {"firstName", "lastName", "gender", "location", "registration", "userAgent"}) {
      EXPECT_EQ(event[key].is_null(), is_visitor) << event;
    }
  }
  EXPECT_GT(visitors, 10);
}

TEST(Generate, SessionsCountUpAndTimeNeverGoesBack) {
  std::map<std::int64_t, std::int64_t> next_items;
  std::int64_t last_ts = 0;
  for (const Json& event : events_of(objects_of(small()))) {
    EXPECT_EQ(event["itemInSession"], next_items[event["sessionId"]]++);
    EXPECT_GE(event["ts"], last_ts);
    last_ts = event["ts"];
  }
  EXPECT_GT(next_items.size(), 50u);
}

TEST(Generate, LevelsChangeOnlyWhereTheUserAsksForIt) {
  GenerateOptions options = small();
  options.events = 20'000;
  options.users = 500;
  std::map<std::string, std::string> levels;
  int changes = 0;
  for (const Json& event : events_of(objects_of(options))) {
    const std::string user = event["userId"];
    if (user.empty()) continue;
    const std::string level = event["level"];
    const auto known = levels.find(user);
    if (known != levels.end()) {
      EXPECT_EQ(level, known->second) << event;
    }
    levels[user] = level;
    if (event["page"] == "Submit Upgrade") levels[user] = "paid";
    if (event["page"] == "Submit Downgrade") levels[user] = "free";
    changes += levels[user] == level ? 0 : 1;
  }
  EXPECT_GT(changes, 10);
}

TEST(Generate, ThePlaysThatMatchASongAreAsManyAsAskedFor) {
  for (const double match_rate : {0.0, 0.3, 1.0}) {
    GenerateOptions options = small();
    options.match_rate = match_rate;
    const Objects objects = objects_of(options);
    const std::set<MatchKey> keys = song_keys_of(objects);
    double plays = 0;
    double matched = 0;
    for (const Json& event : events_of(objects)) {
      if (event["page"] != "NextSong") continue;
      plays += 1;
      matched += keys.contains({event["song"], event["artist"], event["length"]}) ? 1 : 0;
    }
    EXPECT_NEAR(matched / plays, match_rate, match_rate == 0.3 ? 0.04 : 0.0);
    const Json truth = Json::parse(objects.at("truth.json"));
    EXPECT_EQ(truth["expected"]["matched_songplays"], matched);
  }
}

TEST(Generate, SongFilesLieInFoldersOfTheirName) {
  const Objects objects = objects_of(small());
  std::set<std::string> song_ids;
  for (const auto& [name, text] : objects) {
    if (!name.starts_with("song_data/")) continue;
    const std::string file = name.substr(16);
    EXPECT_EQ(file.size(), 23u) << name;
    EXPECT_TRUE(file.starts_with("TR"));
    EXPECT_EQ(name.substr(10, 6), (std::string{file[2], '/', file[3], '/', file[4], '/'})) << name;
    song_ids.insert(Json::parse(text)["song_id"]);
  }
  EXPECT_EQ(song_ids.size(), 120u);
}

TEST(Generate, NothingAskedForGivesOnlyTheTruth) {
  GenerateOptions options;
  options.events = options.users = options.songs = 0;
  const Objects objects = objects_of(options);
  ASSERT_EQ(objects.size(), 1u);
  EXPECT_EQ(objects.begin()->first, "truth.json");
}

TEST(Generate, OneUserCanDoEverythingAlone) {
  GenerateOptions options = small_with_faults();
  options.users = 1;
  options.songs = 0;
  options.days = 1;
  const Objects objects = objects_of(options);
  EXPECT_EQ(count_in(objects, "log_data/"), 1u);
}

TEST(Generate, OptionsOutsideTheirRangeAreRefusedBeforeAnythingIsWritten) {
  const auto refuses = [](auto change) {
    GenerateOptions options = small();
    change(options);
    MemoryWriter writer;
    const auto summary = generate(options, writer, progress);
    return !summary.ok() && summary.error().kind == ErrorKind::usage && writer.objects.empty();
  };
  EXPECT_TRUE(refuses([](GenerateOptions& o) { o.events = -1; }));
  EXPECT_TRUE(refuses([](GenerateOptions& o) { o.events = 9 * kEventsPerDayMax + 1; }));
  EXPECT_TRUE(refuses([](GenerateOptions& o) { o.users = 0; }));
  EXPECT_TRUE(refuses([](GenerateOptions& o) { o.songs = -1; }));
  EXPECT_TRUE(refuses([](GenerateOptions& o) { o.songs = 2'000'001; }));
  EXPECT_TRUE(refuses([](GenerateOptions& o) { o.days = 0; }));
  EXPECT_TRUE(refuses([](GenerateOptions& o) { o.start_date = "yesterday"; }));
  EXPECT_TRUE(refuses([](GenerateOptions& o) { o.start_date = "9999-12-25"; }));
  EXPECT_TRUE(refuses([](GenerateOptions& o) { o.match_rate = 1.1; }));
  EXPECT_TRUE(refuses([](GenerateOptions& o) { o.deliveries = 0; }));
  EXPECT_TRUE(refuses([](GenerateOptions& o) { o.deliveries = 10; }));  // more than days
  EXPECT_TRUE(refuses([](GenerateOptions& o) { o.delivery = 2; }));
  EXPECT_TRUE(refuses([](GenerateOptions& o) { o.threads = 0; }));
  EXPECT_TRUE(refuses([](GenerateOptions& o) { o.threads = 257; }));
  EXPECT_TRUE(refuses([](GenerateOptions& o) { o.faults = {{FaultKind::bom, -0.1}}; }));
}

TEST(Generate, PackedFilesHoldTheSameBytes) {
  GenerateOptions options = small_with_faults();
  const Objects plain = objects_of(options);
  options.gzip = true;
  const Objects packed = objects_of(options);
  EXPECT_EQ(packed.size(), plain.size());
  for (const auto& [name, text] : plain) {
    if (name == "truth.json") continue;
    ASSERT_TRUE(packed.contains(name + ".gz")) << name;
    EXPECT_EQ(gunzip(packed.at(name + ".gz")), text) << name;
  }
  const Json truth = Json::parse(packed.at("truth.json"));
  EXPECT_TRUE(truth["faulty_records"][0]["file"].get<std::string>().ends_with(".json.gz"));
}

TEST(Generate, ProgressCountsRecordsAndBytes) {
  MemoryWriter writer;
  GenerateProgress seen;
  const auto summary = generate(small(), writer, seen);
  ASSERT_TRUE(summary.ok());
  EXPECT_EQ(seen.records, 3'120);
  EXPECT_EQ(seen.bytes + static_cast<std::int64_t>(writer.objects.at("truth.json").size()),
            summary->bytes);
}

TEST(Generate, AWriterThatFailsEndsIt) {
  for (const char* name : {"log_data/2018/11/2018-11-03-events.json", "truth.json"}) {
    MemoryWriter writer;
    writer.refused_name = name;
    for (const std::size_t threads : {1U, 3U}) {
      GenerateOptions options = small();
      options.threads = threads;
      const auto summary = generate(options, writer, progress);
      ASSERT_FALSE(summary.ok());
      EXPECT_EQ(summary.error().message, std::string(name) + ": refused by the test");
    }
  }
}

}  // namespace
}  // namespace sparkify
