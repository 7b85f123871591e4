#include "load/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "fakes/fake_warehouse.h"
#include "pipeline/schema_guard.h"
#include "warehouse/duckdb/duckdb_warehouse.h"

namespace sparkify {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kRun = 1;

ObjectInfo object(const std::string& name, const std::string& etag) {
  return {"file:///" + name, etag, 10};
}

// With a warehouse that answers as it is told.
struct LedgerTest : ::testing::Test {
  /// The rows that a statement of ours is answered with; every other one gets none.
  void given(std::string_view name, const std::vector<std::vector<std::string>>& rows) {
    warehouse.on_read = [this, name, rows](std::string_view sql, RowVisitor& visitor) -> Status {
      if (sql != library.get(name)) return visitor.row({{false, "0"}, {false, "0"}});
      for (const auto& values : rows) {
        Row row;
        for (const std::string& value : values) row.push_back({false, value});
        TRY(visitor.row(row));
      }
      return {};
    };
  }
  std::vector<LedgerMark> marks(const std::vector<std::vector<std::string>>& ledger_rows,
                                const std::vector<ObjectInfo>& listed) {
    return marked(ledger_rows, listed)->marks;
  }
  /// `ledger_rows`: uri, etag and, if it is no log, the kind.
  Result<MarkedListing> marked(std::vector<std::vector<std::string>> ledger_rows,
                               const std::vector<ObjectInfo>& listed) {
    for (auto& row : ledger_rows) {
      if (row.size() == 2) row.emplace_back("log");
      row.emplace_back("0");
    }
    given("meta/known_objects", ledger_rows);
    return ledger.mark(warehouse, DataKind::logs, listed);
  }
  /// `ledger_rows`: uri, etag, and 1 if no play was held against them yet.
  WaitingSongs waiting(std::vector<std::vector<std::string>> ledger_rows,
                       const std::vector<ObjectInfo>& listed) {
    for (auto& row : ledger_rows) row.insert(row.begin() + 2, "song");
    given("meta/known_objects", ledger_rows);
    return ledger.mark(warehouse, DataKind::songs, listed)->waiting;
  }
  Status record(const std::string& unbalanced, std::int64_t run_rows = 1) {
    warehouse.on_execute = [run_rows](std::string_view, const Values&) { return run_rows; };
    given("meta/group_totals", {{"2", "20", "3", "0", "0", "0", unbalanced}});
    const auto recorded = ledger.record_group(**warehouse.begin(), kRun, DataKind::logs, 0);
    return recorded.ok() ? Status() : Status(recorded.error());
  }

  FakeWarehouse warehouse;
  SqlLibrary library = *SqlLibrary::open("duckdb");
  Ledger ledger{library};
};

TEST_F(LedgerTest, AnObjectIsFreshChangedOrUnchanged) {
  EXPECT_THAT(marks({{"file:///a", "1"}, {"file:///b", "1"}, {"file:///z", "1"}},
                    {object("a", "1"), object("b", "2"), object("c", "1")}),
              ElementsAre(LedgerMark::unchanged, LedgerMark::changed, LedgerMark::fresh));
}

// The ledger keeps every version, in no order; one that comes back was applied all the same.
TEST_F(LedgerTest, AVersionThatWasAppliedIsUnchangedWhateverOthersWere) {
  const std::vector<ObjectInfo> listed{object("a", "1")};
  EXPECT_THAT(marks({{"file:///a", "1"}, {"file:///a", "2"}}, listed),
              ElementsAre(LedgerMark::unchanged));
  EXPECT_THAT(marks({{"file:///a", "2"}, {"file:///a", "1"}}, listed),
              ElementsAre(LedgerMark::unchanged));
  EXPECT_THAT(marks({{"file:///a", "2"}, {"file:///a", "3"}}, listed),
              ElementsAre(LedgerMark::changed));
}

TEST_F(LedgerTest, AnObjectThatWasLoadedAsTheOtherKindIsRefusedByName) {
  const auto refused = marked({{"file:///a", "1", "song"}}, {object("a", "1")});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::usage);
  EXPECT_THAT(refused.error().message, HasSubstr("file:///a is given as log data"));
  EXPECT_THAT(refused.error().message, HasSubstr("loaded as song data"));
}

// Its other version may be of the other kind: nothing of this one was loaded.
TEST_F(LedgerTest, AnotherVersionMayHaveBeenOfTheOtherKind) {
  EXPECT_THAT(marks({{"file:///a", "2", "song"}}, {object("a", "1")}),
              ElementsAre(LedgerMark::changed));
}

TEST_F(LedgerTest, SongsThatNoPlayWasHeldAgainstAreLookedForInTheListing) {
  const std::vector<std::vector<std::string>> rows{
      {"file:///a", "1", "0"}, {"file:///c", "1", "1"}, {"file:///b", "1", "1"}};
  const WaitingSongs found = waiting(rows, {object("b", "1"), object("c", "1")});
  EXPECT_TRUE(found.are_listed);
  EXPECT_EQ(found.last_uri, "file:///c");
  EXPECT_FALSE(waiting(rows, {object("a", "1"), object("b", "1")}).are_listed) << "one is gone";
  EXPECT_FALSE(waiting(rows, {object("b", "2"), object("c", "1")}).are_listed) << "it has changed";
  EXPECT_FALSE(waiting(rows, {}).are_listed);
  EXPECT_TRUE(waiting({{"file:///a", "1", "0"}}, {object("b", "1")}).are_listed) << "none waits";
}

TEST_F(LedgerTest, CountsThatDoNotBalanceAreOurMistakeAndNothingIsToBeCommitted) {
  EXPECT_TRUE(record("0").ok());
  const Status refused = record("1");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::internal);
  EXPECT_THAT(refused.error().message, HasSubstr("counts of 1 objects do not balance"));
}

TEST_F(LedgerTest, NothingIsToBeCommittedIntoTablesThatWereMadeAnew) {
  const Status refused = record("0", 0);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::database);
  EXPECT_THAT(refused.error().message, HasSubstr("made anew"));
  EXPECT_FALSE(ledger.set_late_matches(**warehouse.begin(), kRun, 0).ok());
  EXPECT_FALSE(ledger.finish_run(**warehouse.begin(), kRun, "done", 0).ok());
}

// With the tables themselves.
class LedgerOnDuckdbTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/ledger_test.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    DuckdbOptions options;
    options.path = (root_ / "w.duckdb").native();
    options.access = WarehouseAccess::write;
    options.create = true;
    warehouse_ = *open_duckdb(options);
    ASSERT_TRUE(create_tables(*warehouse_, library_, false).ok());
    const auto transaction = *warehouse_->begin();
    ASSERT_TRUE(ledger_.begin_run(*transaction, kRun, "2018-11-01 00:00:00.000").ok());
    ASSERT_TRUE(transaction->commit().ok());
  }
  void TearDown() override {
    warehouse_.reset();
    fs::remove_all(root_);
  }

  /// A group of one object, of which the decoder made `records` and the staging kept `staged`.
  Status apply(std::int64_t records, std::int64_t staged) {
    TRY_ASSIGN(const auto transaction, warehouse_->begin_group());
    const std::vector<PlannedObject> objects{{object("a", "1"), DataKind::logs, 1}};
    const std::vector<ObjectCounts> counts{{records, 0, std::nullopt}};
    TRY(ledger_.put_objects(*transaction, objects, counts));
    Batch rows(staging_events_schema());
    for (std::int64_t record = 1; record <= staged; ++record) add_event(rows, record);
    MemoryBatchSource source(std::move(rows));
    TRY(transaction->stage(source));
    TRY_ASSIGN(const GroupTotals totals,
               ledger_.record_group(*transaction, kRun, DataKind::logs, 0));
    EXPECT_EQ(totals.events, records);
    return transaction->commit();
  }
  static void add_event(Batch& rows, std::int64_t record_no) {
    for (std::size_t column = 0; column < kEventColumnCount; ++column) rows.add_null(column);
    rows.add_integer(kEventColumnCount, 1);
    rows.add_integer(kEventColumnCount + 1, record_no);
    rows.end_row();
  }
  bool has_receipt(std::int64_t run_id, const ObjectInfo& info) {
    return *ledger_.has_receipt(*warehouse_, run_id, info);
  }

  fs::path root_;
  std::unique_ptr<Warehouse> warehouse_;
  SqlLibrary library_ = *SqlLibrary::open("duckdb");
  Ledger ledger_{library_};
};

// `loaded` is counted in the tables, `records` by the decoder: so a row that the staging lost or
// doubled shows.
TEST_F(LedgerOnDuckdbTest, ARowThatTheStagingLostOrDoubledShows) {
  for (const std::int64_t staged : {2, 4}) {
    const Status refused = apply(3, staged);
    ASSERT_FALSE(refused.ok()) << staged;
    EXPECT_EQ(refused.error().kind, ErrorKind::internal);
  }
  EXPECT_FALSE(has_receipt(kRun, object("a", "1")));
  EXPECT_TRUE(apply(3, 3).ok());
}

TEST_F(LedgerOnDuckdbTest, AReceiptIsOfOneRunOneObjectAndOneVersion) {
  ASSERT_TRUE(apply(2, 2).ok());
  EXPECT_TRUE(has_receipt(kRun, object("a", "1")));
  EXPECT_FALSE(has_receipt(kRun + 1, object("a", "1")));
  EXPECT_FALSE(has_receipt(kRun, object("a", "2")));
  EXPECT_FALSE(has_receipt(kRun, object("b", "1")));
}

}  // namespace
}  // namespace sparkify
