#include "pipeline/group_load.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <map>
#include <string>

#include "fakes/memory_stream.h"
#include "pipeline/etl.h"
#include "pipeline/schema_guard.h"
#include "warehouse/duckdb/duckdb_warehouse.h"

namespace sparkify {
namespace {

/// Objects in memory, some of which can be opened only once.
class OnceStore : public ObjectStore {
 public:
  struct Object {
    std::string text;
    int opens_left = 100;
  };
  std::map<std::string, Object> objects;

  Result<Listing> list(const std::string& /*location*/) override {
    Listing listing;
    for (const auto& [uri, object] : objects) {
      listing.objects.push_back({uri, "etag", object.text.size()});
    }
    return listing;
  }
  Result<std::unique_ptr<ByteStream>> open(const ObjectInfo& info) override {
    Object& object = objects.at(info.uri);
    if (object.opens_left-- == 0) {
      object.opens_left = 100;
      return make_error(ErrorKind::changed, info.uri + ": changed");
    }
    return std::unique_ptr<ByteStream>(std::make_unique<MemoryStream>(object.text));
  }
};

std::string play(int ts) {
  return fmt::format(R"({{"page":"NextSong","ts":{},"sessionId":1,"itemInSession":1,"userId":"1",)"
                     R"("song":"S","artist":"A","length":1.5,"new":1}})"
                     "\n",
                     ts);
}

class GroupLoadTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/group_load_test.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    DuckdbOptions options;
    options.path = folder_ + "/w.duckdb";
    options.access = WarehouseAccess::write;
    options.create = true;
    warehouse_ = *open_duckdb(options);
    ASSERT_TRUE(create_tables(*warehouse_, sql_, false).ok());
  }
  void TearDown() override {
    warehouse_.reset();
    std::filesystem::remove_all(folder_);
  }

  RunSummary run() {
    EtlOptions options;
    options.log_locations = {"logs"};
    return run_etl(options, {store_, *warehouse_, sql_, progress_, stop_});
  }
  std::string ask(const std::string& sql) { return warehouse_->query(sql)->at(0, 0).text; }

  std::string folder_;
  SqlLibrary sql_ = *SqlLibrary::open("duckdb");
  OnceStore store_;
  Progress progress_;
  StopFlag stop_;
  std::unique_ptr<Warehouse> warehouse_;
};

// Found by the simulation (seed 213): a conflict makes an object be read again; if it has changed
// by then it is left out, and nothing of it may be counted.
TEST_F(GroupLoadTest, AnObjectThatCannotBeReadAgainForItsConflictLeavesNothing) {
  store_.objects["sim://1.json"] = {play(1000)};
  store_.objects["sim://2.json"] = {play(2000), 1};
  const RunSummary first = run();
  EXPECT_EQ(first.outcome, RunSummary::Outcome::done);
  ASSERT_EQ(first.failed_objects.size(), 1U);
  EXPECT_EQ(first.failed_objects[0].uri, "sim://2.json");
  EXPECT_EQ(first.totals.rejects, 0);
  EXPECT_EQ(ask("select records from etl_drift where key_name = 'new'"), "1");
  EXPECT_EQ(run().totals.rejects, 1);
  EXPECT_EQ(ask("select count(*) from etl_rejects where reason = 'key_conflict'"), "1");
  EXPECT_EQ(ask("select sum(records) from etl_drift where key_name = 'new'"), "2");
}

// The first of two plays with one id is the one that goes: then the other is no conflict.
TEST_F(GroupLoadTest, WhatConflictedWithAnObjectThatWasLeftOutIsLoaded) {
  store_.objects["sim://1.json"] = {play(1000) + play(1500), 1};
  store_.objects["sim://2.json"] = {play(2000)};
  const RunSummary first = run();
  ASSERT_EQ(first.failed_objects.size(), 1U);
  EXPECT_EQ(first.failed_objects[0].uri, "sim://1.json");
  EXPECT_EQ(first.totals.plays, 1);
  EXPECT_EQ(first.totals.rejects, 0);
  EXPECT_EQ(ask("select epoch_ms(start_time) from songplays"), "2000");
}

}  // namespace
}  // namespace sparkify
