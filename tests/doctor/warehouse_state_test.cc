#include "doctor/warehouse_state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "doctor/time_limit.h"
#include "fakes/fake_warehouse.h"

namespace sparkify {
namespace {

using ::testing::HasSubstr;

const std::vector<std::string> kAll = {
    "artists",       "etl_drift", "etl_objects",         "etl_rejects", "etl_runs",
    "etl_schema",    "plays",     "songplays",           "songs",       "staging_events",
    "staging_songs", "time",      "unmatched_songplays", "user_levels", "users"};

TEST(JudgeTables, AllOfThisVersionAreWell) {
  EXPECT_EQ(judge_tables(kAll, 1, "--warehouse w").health, Health::ok);
}

TEST(JudgeTables, NoneAndSomeMissingFailAndAreToBeMade) {
  const Finding none = judge_tables({}, std::nullopt, "--warehouse w");
  EXPECT_EQ(none.health, Health::fail);
  EXPECT_EQ(none.fix, "sparkify create-tables --warehouse w");
  std::vector<std::string> some = kAll;
  std::erase(some, "plays");
  std::erase(some, "time");
  const Finding missing = judge_tables(some, 1, "--warehouse w");
  EXPECT_EQ(missing.health, Health::fail);
  EXPECT_EQ(missing.detail, "missing: time, plays");
  EXPECT_THAT(missing.fix, HasSubstr("create-tables"));
}

TEST(JudgeTables, AnotherVersionFails) {
  EXPECT_EQ(judge_tables(kAll, 2, "").fix, "upgrade sparkify");
  EXPECT_EQ(judge_tables({"etl_schema"}, 2, "").fix, "upgrade sparkify");
  const Finding old = judge_tables(kAll, 0, "");
  EXPECT_EQ(old.health, Health::fail);
  EXPECT_THAT(old.fix, HasSubstr("--drop"));
}

TEST(JudgeTransport, VerifiedOrOnThisMachineIsWell) {
  EXPECT_EQ(judge_transport({false, "TLSv1.3", true, "sslmode=verify-full"}).health, Health::ok);
  EXPECT_EQ(judge_transport({true, "TLSv1.3", false, "sslmode=prefer"}).health, Health::ok);
  EXPECT_EQ(judge_transport({true, "", false, "sslmode=prefer"}).health, Health::ok);
}

TEST(JudgeTransport, UnverifiedIsAWarningAndUnencryptedFails) {
  const Finding unverified = judge_transport({false, "TLSv1.3", false, "sslmode=require"});
  EXPECT_EQ(unverified.health, Health::warn);
  EXPECT_THAT(unverified.detail, HasSubstr("sslmode=require"));
  const Finding open = judge_transport({false, "", false, "sslmode=disable"});
  EXPECT_EQ(open.health, Health::fail);
  EXPECT_THAT(open.fix, HasSubstr("verify-full"));
  // Whatever was asked for, it is not there.
  EXPECT_EQ(judge_transport({false, "", true, "sslmode=verify-full"}).health, Health::fail);
}

TEST(JudgeRights, WhatIsMissingIsOneGrantForTablesThatLackTheSame) {
  EXPECT_EQ(judge_rights({}, "").health, Health::ok);
  const Finding finding = judge_rights({{"create", "schema public"},
                                        {"insert", "songs"},
                                        {"select", "songs"},
                                        {"insert", "users"},
                                        {"select", "users"},
                                        {"update", "etl_runs"}},
                                       "loader");
  EXPECT_EQ(finding.health, Health::fail);
  EXPECT_EQ(finding.fix,
            "let the owner run: grant create on schema public to loader; grant insert, select on "
            "songs, users to loader; grant update on etl_runs to loader");
  EXPECT_THAT(finding.detail, HasSubstr("insert, select on songs, users"));
}

TEST(JudgeMatchRate, APlayWithAKnownSongIsWell) {
  EXPECT_EQ(judge_match_rate(std::nullopt).health, Health::ok);
  EXPECT_EQ(judge_match_rate(LoadState{3, "done", "", 0, 0, 0}).health, Health::ok);
  const Finding some = judge_match_rate(LoadState{3, "done", "", 200, 190, 7});
  EXPECT_EQ(some.health, Health::ok);
  EXPECT_EQ(some.detail, "5.0 % of 200 plays have a known song (last run 3, done)");
}

TEST(JudgeMatchRate, NoneIsAWarningThatDependsOnTheSongs) {
  const Finding no_songs = judge_match_rate(LoadState{1, "done", "", 9, 9, 0});
  EXPECT_EQ(no_songs.health, Health::warn);
  EXPECT_THAT(no_songs.fix, HasSubstr("--song-data"));
  const Finding others = judge_match_rate(LoadState{1, "failed", "", 9, 9, 5});
  EXPECT_EQ(others.health, Health::warn);
  EXPECT_THAT(others.fix, HasSubstr("title, artist and duration"));
}

TEST(ExplainUnopened, AHeldWarehouseIsNoFailure) {
  const Error held = make_error(ErrorKind::locked, "held by a run; try again");
  for (const Finding& finding : explain_unopened(held, false)) {
    EXPECT_EQ(finding.health, Health::warn);
    EXPECT_EQ(finding.name == "lock", finding.fix == "try again") << finding.name;
  }
  EXPECT_EQ(explain_unopened(held, false).size(), 4U);
  EXPECT_EQ(explain_unopened(make_error(ErrorKind::database, "down"), true).size(), 6U);
}

class CheckWarehouseTest : public ::testing::Test {
 protected:
  /// Answers as a warehouse does in which all is well but for what a test says otherwise.
  Status answer(std::string_view sql, RowVisitor& visitor) {
    const auto is = [&sql, this](std::string_view name) { return sql == sql_.get(name); };
    std::vector<std::vector<std::string>> rows;
    if (is("doctor/duckdb/server")) rows = {{version_, takes_writes_}};
    if (is("tables/schema_version")) rows = {{"1"}};
    if (is("tables/existing")) {
      for (const std::string& name : tables_) rows.push_back({name});
    }
    if (is("doctor/last_run")) {
      if (state_error_) return *state_error_;
      rows = {{"4", "running", "2026-11-26 10:00:00.000", "10", "0", "3"}};
    }
    EXPECT_FALSE(rows.empty() && !is("tables/existing")) << sql;
    for (const auto& cells : rows) {
      Row row;
      for (const std::string& text : cells) row.push_back({false, text});
      TRY(visitor.row(row));
    }
    return {};
  }

  std::vector<Finding> check() {
    warehouse_.on_read = [this](std::string_view sql, RowVisitor& visitor) {
      return answer(sql, visitor);
    };
    return check_warehouse(warehouse_, sql_, stop_);
  }
  static Finding named(const std::vector<Finding>& findings, std::string_view name) {
    for (const Finding& each : findings) {
      if (each.name == name) return each;
    }
    return bad(std::string(name), "was not made", "");
  }

  FakeWarehouse warehouse_;
  const SqlLibrary sql_ = *SqlLibrary::open("duckdb");
  const StopFlag stop_{};
  std::string version_ = "DuckDB v1";
  std::string takes_writes_ = "true";
  std::vector<std::string> tables_ = kAll;
  std::optional<Error> state_error_;
};

TEST_F(CheckWarehouseTest, AFileHasNeitherTransportNorRights) {
  std::vector<std::string> names;
  for (const Finding& each : check()) {
    EXPECT_EQ(each.health, Health::ok) << each.name << ": " << each.detail;
    names.push_back(each.name);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"server", "tables", "lock", "match_rate"}));
}

TEST_F(CheckWarehouseTest, ARunThatIsOpenAndHoldsNoLockWasKilled) {
  EXPECT_THAT(named(check(), "lock").detail, HasSubstr("run 4 was killed"));
}

TEST_F(CheckWarehouseTest, AStandbyFails) {
  takes_writes_ = "false";
  EXPECT_EQ(named(check(), "server").health, Health::fail);
  EXPECT_THAT(named(check(), "server").fix, HasSubstr("primary"));
}

TEST_F(CheckWarehouseTest, RedshiftIsNotCalledByItsFirstName) {
  version_ = "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC, Redshift 1.0.77467";
  EXPECT_EQ(named(check(), "server").detail, "Redshift 1.0.77467");
}

TEST_F(CheckWarehouseTest, WithoutTablesNobodyAsksForTheRun) {
  tables_.clear();
  const auto findings = check();
  EXPECT_EQ(named(findings, "tables").health, Health::fail);
  EXPECT_THAT(named(findings, "match_rate").detail, HasSubstr("not looked at"));
}

TEST_F(CheckWarehouseTest, AStatementThatFailsIsOneFindingOnly) {
  state_error_ = make_error(ErrorKind::database, "no right; ask for it");
  const auto findings = check();
  EXPECT_EQ(named(findings, "match_rate").health, Health::warn);
  EXPECT_EQ(named(findings, "match_rate").fix, "ask for it");
  EXPECT_EQ(named(findings, "lock").health, Health::ok);
}

/// A statement that ends when it is interrupted.
class SlowWarehouse : public FakeWarehouse {
 public:
  SlowWarehouse() {
    on_read = [this](std::string_view, RowVisitor&) -> Status {
      std::unique_lock lock(mutex_);
      ended_.wait(lock, [this] { return is_interrupted_; });
      return make_error(ErrorKind::conflict, "cancelled");
    };
    on_interrupt = [this] {
      const std::lock_guard lock(mutex_);
      is_interrupted_ = true;
      ended_.notify_all();
    };
  }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool is_interrupted_ = false;
};

TEST(TimeLimit, WhatTakesTooLongIsInterrupted) {
  SlowWarehouse warehouse;
  const StopFlag stop;
  const auto rows = query_within(warehouse, "", stop, std::chrono::milliseconds(100));
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.error().kind, ErrorKind::database);
  EXPECT_THAT(rows.error().message, HasSubstr("no answer within"));
}

TEST(TimeLimit, AStopEndsItAtOnce) {
  SlowWarehouse warehouse;
  StopFlag stop;
  stop.request(15);
  const auto rows = query_within(warehouse, "", stop, std::chrono::hours(1));
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.error().kind, ErrorKind::stopped);
}

TEST(TimeLimit, AnErrorInTimeIsTheWarehouses) {
  FakeWarehouse warehouse;
  warehouse.on_read = [](std::string_view, RowVisitor&) -> Status {
    return make_error(ErrorKind::database, "no right");
  };
  const StopFlag stop;
  const auto rows = query_within(warehouse, "", stop, std::chrono::hours(1));
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.error().message, "no right");
}

}  // namespace
}  // namespace sparkify
