#include "pipeline/etl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/version.h"
#include "fakes/fake_warehouse.h"

namespace sparkify {
namespace {

using testing::HasSubstr;

/// A song that is loaded already; no logs.
class OneSong : public ObjectStore {
 public:
  Result<Listing> list(const std::string& location) override {
    Listing listing;
    if (location == "songs") listing.objects.push_back({"sim://songs/a.json", "1", 10});
    return listing;
  }
  Result<std::unique_ptr<ByteStream>> open(const ObjectInfo& object) override {
    return make_error(ErrorKind::source, object.uri);
  }
};

/// A run that finds nothing new, but songs of a run before that no play was held against yet.
class EtlTest : public testing::Test {
 protected:
  EtlTest() {
    warehouse_.on_read = [this](std::string_view sql, RowVisitor& visitor) {
      return answer(sql, visitor);
    };
  }

  Status answer(std::string_view sql, RowVisitor& visitor) {
    if (sql.starts_with("-- title:")) {
      TRY(on_check());
      return give(visitor, {"0"});
    }
    if (sql == sql_.get("tables/existing")) return give(visitor, {"etl_schema"});
    if (sql == sql_.get("tables/schema_version")) {
      return give(visitor, {std::to_string(kSchemaVersion)});
    }
    if (sql == sql_.get("meta/known_objects")) {
      return give(visitor, {"sim://songs/a.json", "1", "song", "1"});
    }
    if (sql == sql_.get("meta/run_state")) return give(visitor, {"7", "0", "6"});
    return give(visitor, {});
  }

  static Status give(RowVisitor& visitor, const std::vector<std::string>& values) {
    Row row;
    for (const std::string& value : values) row.push_back({false, value});
    TRY(visitor.begin(std::vector<ResultColumn>(values.size(), {"x", ResultType::integer})));
    return values.empty() ? Status() : visitor.row(row);
  }

  RunSummary run() {
    EtlOptions options;
    options.log_locations = {"logs"};
    options.song_locations = song_locations;
    return run_etl(options, {store_, warehouse_, sql_, progress_, stop_});
  }

  std::vector<std::string> song_locations = {"songs"};
  FakeWarehouse warehouse_;
  OneSong store_;
  SqlLibrary sql_ = *SqlLibrary::open("duckdb");
  Progress progress_;
  StopFlag stop_;
  std::function<Status()> on_check = [] { return Status(); };
};

// The summary says what the run's row says: a stop that comes when all is committed undoes nothing.
TEST_F(EtlTest, AStopWhileTheChecksRunLeavesTheRunDone) {
  on_check = [this]() -> Status {
    stop_.request(SIGTERM);
    return make_error(ErrorKind::database, "interrupted");
  };
  const RunSummary summary = run();
  EXPECT_EQ(summary.outcome, RunSummary::Outcome::done);
  ASSERT_TRUE(summary.error.has_value());
  EXPECT_EQ(summary.error->kind, ErrorKind::stopped);
  EXPECT_THAT(summary.error->message, HasSubstr("`sparkify check`"));
}

TEST_F(EtlTest, ChecksThatCannotBeMadeDoNotUndoTheRunEither) {
  on_check = []() -> Status { return make_error(ErrorKind::database, "no such table"); };
  const RunSummary summary = run();
  EXPECT_EQ(summary.outcome, RunSummary::Outcome::done);
  ASSERT_TRUE(summary.error.has_value());
  EXPECT_EQ(summary.error->message, "no such table");
}

// The next run, and whoever asks for the status, go by the run's row.
TEST_F(EtlTest, TheRunsRowSaysHowItEnded) {
  std::optional<Error> trouble;
  std::string word;
  warehouse_.on_execute = [&](std::string_view sql, const Values& values) -> Result<std::int64_t> {
    if (sql == sql_.get("meta/finish_run")) word = std::get<std::string>(values[1]);
    if (trouble && sql == sql_.get("late/find_matches")) return *trouble;
    return 1;
  };
  EXPECT_FALSE(run().error.has_value());
  EXPECT_EQ(word, "done");
  trouble = make_error(ErrorKind::database, "no space");
  EXPECT_EQ(run().outcome, RunSummary::Outcome::failed);
  EXPECT_EQ(word, "failed");
  trouble = make_error(ErrorKind::stopped, "stopped by a signal");
  EXPECT_EQ(run().outcome, RunSummary::Outcome::failed);
  EXPECT_EQ(word, "stopped");
}

TEST_F(EtlTest, PlaysAreHeldAgainstTheSongsOfTheRunBefore) {
  std::vector<std::int64_t> noted;
  warehouse_.on_execute = [&](std::string_view sql, const Values& values) -> Result<std::int64_t> {
    if (sql == sql_.get("meta/set_late_matches")) {
      noted = {std::get<std::int64_t>(values[0]), std::get<std::int64_t>(values[1])};
    }
    return sql == sql_.get("late/apply_matches") ? 3 : 1;
  };
  EXPECT_EQ(run().late_matches, 3);
  EXPECT_THAT(noted, testing::ElementsAre(7, 3));
}

TEST_F(EtlTest, ARunThatDoesNotFindTheSongsOfTheRunBeforeLeavesThem) {
  for (const std::vector<std::string>& others : {{}, std::vector<std::string>{"elsewhere"}}) {
    song_locations = others;
    EXPECT_EQ(run().outcome, RunSummary::Outcome::nothing_new);
  }
}

TEST_F(EtlTest, AStopBeforeTheLastCommitStopsTheRun) {
  warehouse_.on_commit = [this] {
    stop_.request(SIGTERM);  // with the commit of the run's own row
    return Status();
  };
  const RunSummary summary = run();
  EXPECT_EQ(summary.outcome, RunSummary::Outcome::failed);
  ASSERT_TRUE(summary.error.has_value());
  EXPECT_EQ(summary.error->kind, ErrorKind::stopped);
}

}  // namespace
}  // namespace sparkify
