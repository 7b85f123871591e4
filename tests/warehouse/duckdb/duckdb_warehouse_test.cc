#include "warehouse/duckdb/duckdb_warehouse.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "fakes/plain_user.h"
#include "warehouse/duckdb/file_sign.h"

namespace sparkify {
namespace {

namespace fs = std::filesystem;
using Access = WarehouseAccess;
using ::testing::HasSubstr;

constexpr std::uint64_t kMemoryBytes = std::uint64_t{256} << 20;

std::string host_name() {
  char name[256] = {};
  EXPECT_EQ(::gethostname(name, sizeof(name) - 1), 0);
  return name;
}

// A folder of our own with at most one warehouse in it.
class DuckdbTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/duckdb_test.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    path_ = (root_ / "w.duckdb").native();
  }
  void TearDown() override {
    warehouse_.reset();
    fs::remove_all(root_);
  }

  DuckdbOptions options(Access access, bool create = false) const {
    return {.path = path_,
            .access = access,
            .create = create,
            .threads = 4,
            .memory_limit_bytes = kMemoryBytes};
  }
  Warehouse& writing() {
    if (!warehouse_) warehouse_ = *open_duckdb(options(Access::write, true));
    return *warehouse_;
  }
  Warehouse& reopened(Access access) {
    warehouse_.reset();
    warehouse_ = *open_duckdb(options(access));
    return *warehouse_;
  }
  /// Runs and commits.
  void given(const std::string& sql) {
    const auto transaction = *writing().begin();
    const auto done = transaction->execute(sql);
    ASSERT_TRUE(done.ok()) << done.error().message;
    ASSERT_TRUE(transaction->commit().ok());
  }

  fs::path root_;
  std::string path_;
  std::unique_ptr<Warehouse> warehouse_;
};

/// A result as one text: cells parted by `|`, rows by newlines, NULL as NULL.
std::string shown(const Rows& rows) {
  std::string text;
  for (const Row& row : rows.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += (i == 0 ? "" : "|") + (row[i].is_null ? std::string("NULL") : row[i].text);
    }
    text += "\n";
  }
  return text;
}

std::string answer(Warehouse& warehouse, const std::string& sql, const Values& values = {}) {
  const auto rows = warehouse.query(sql, values);
  return rows.ok() ? shown(*rows) : "error: " + rows.error().message;
}

// Opening.

TEST_F(DuckdbTest, AFileThatIsNotThereIsMadeOnlyWhenAskedFor) {
  for (const Access access : {Access::write, Access::read, Access::sandbox}) {
    const auto opened = open_duckdb(options(access));
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().kind, ErrorKind::database);
    EXPECT_THAT(opened.error().message, HasSubstr(path_));
    EXPECT_THAT(opened.error().message, HasSubstr("create-tables"));
  }
  EXPECT_TRUE(fs::is_empty(root_));
  ASSERT_TRUE(open_duckdb(options(Access::write, true)).ok());
  EXPECT_TRUE(fs::exists(path_));
}

// DuckDB's log lies beside the file, not beside the link: who looks for it there misses all that a
// run has committed since the last checkpoint.
TEST_F(DuckdbTest, ThroughASymbolicLinkALookSeesWhatIsInTheLog) {
  given("create table t (i integer)");
  given("insert into t values (1), (2)");
  ASSERT_TRUE(fs::exists(path_ + ".wal"));
  DuckdbOptions linked = options(Access::view);
  linked.path = (root_ / "link.duckdb").native();
  fs::create_symlink("w.duckdb", linked.path);
  const auto view = open_duckdb(linked);
  ASSERT_TRUE(view.ok()) << view.error().message;
  EXPECT_EQ((*view)->query("select count(*) from t")->integer(0, 0), 2);
  EXPECT_EQ((*view)->display_name(), "duckdb:" + linked.path);
  const std::string before = duckdb_file_sign(linked.path);
  given("insert into t values (3)");
  EXPECT_NE(duckdb_file_sign(linked.path), before);
}

TEST_F(DuckdbTest, AWarehouseIsMadeWhereASymbolicLinkLeads) {
  DuckdbOptions linked = options(Access::write, true);
  linked.path = (root_ / "link.duckdb").native();
  fs::create_symlink("w.duckdb", linked.path);
  warehouse_ = *open_duckdb(linked);
  EXPECT_TRUE(fs::is_regular_file(path_));
  EXPECT_TRUE(fs::is_symlink(linked.path));
}

TEST_F(DuckdbTest, SaysItsNameAndDialect) {
  EXPECT_EQ(writing().display_name(), "duckdb:" + path_);
  EXPECT_EQ(writing().dialect(), "duckdb");
  EXPECT_THAT(duckdb_version(), ::testing::StartsWith("v1."));
}

TEST_F(DuckdbTest, AWarehouseWithoutAFileIsAConfigError) {
  for (const std::string path : {"", ":memory:"}) {
    const auto opened = open_duckdb({.path = path, .access = Access::write, .create = true});
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().kind, ErrorKind::config);
  }
}

TEST_F(DuckdbTest, WhatWasCommittedIsThereAfterOpeningAgain) {
  given("create table t (i integer); insert into t values (1), (2)");
  EXPECT_EQ(answer(reopened(Access::write), "select sum(i) from t"), "3\n");
  EXPECT_EQ(answer(reopened(Access::read), "select sum(i) from t"), "3\n");
  EXPECT_EQ(answer(reopened(Access::sandbox), "select sum(i) from t"), "3\n");
}

TEST_F(DuckdbTest, TidyLeavesOneFile) {
  given("create table t (i integer)");
  ASSERT_TRUE(warehouse_->tidy().ok());
  EXPECT_FALSE(fs::exists(path_ + ".wal"));
  warehouse_.reset();
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(root_)) ++files;
  EXPECT_EQ(files, 1U);
}

TEST_F(DuckdbTest, AFileThatIsNoDuckdbFileIsAnErrorAndStaysAsItIs) {
  const std::string text = "This is a letter to somebody, not a database.\n";
  std::ofstream(path_) << text;
  for (const Access access : {Access::write, Access::read, Access::sandbox}) {
    const auto opened = open_duckdb(options(access, access == Access::write));
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().kind, ErrorKind::database);
    EXPECT_THAT(opened.error().message, HasSubstr(path_));
  }
  std::ifstream file(path_);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), text);
  EXPECT_FALSE(fs::exists(path_ + ".lock"));
}

TEST_F(DuckdbTest, APathBelowAFileOrAMissingFolderIsAnError) {
  std::ofstream(root_ / "file") << "x";
  for (const std::string below : {"file/w.duckdb", "missing/w.duckdb"}) {
    path_ = (root_ / below).native();
    const auto opened = open_duckdb(options(Access::write, true));
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().kind, ErrorKind::database);
    EXPECT_THAT(opened.error().message, HasSubstr(path_));
  }
}

TEST_F(DuckdbTest, AFolderThatCannotBeWrittenIsAnErrorWhenWriting) {
  given("create table t (i integer)");
  warehouse_.reset();
  fs::permissions(root_, fs::perms::owner_read | fs::perms::owner_exec);
  const PlainUser user(root_);
  ASSERT_TRUE(user.ok());
  EXPECT_EQ(open_duckdb(options(Access::write)).error().kind, ErrorKind::database);
  EXPECT_TRUE(open_duckdb(options(Access::read)).ok());
  fs::permissions(root_, fs::perms::owner_all);
}

TEST_F(DuckdbTest, WhatAKilledRunSpilledIsRemovedByTheNextWriter) {
  given("create table t (i integer)");
  warehouse_.reset();
  fs::create_directories(path_ + ".tmp");
  std::ofstream(path_ + ".tmp/duckdb_temp_storage-0.tmp") << "spilled";
  ASSERT_TRUE(open_duckdb(options(Access::read)).ok());
  EXPECT_TRUE(fs::exists(path_ + ".tmp"));
  warehouse_ = *open_duckdb(options(Access::write));
  EXPECT_FALSE(fs::exists(path_ + ".tmp"));
}

// Who holds it.

TEST_F(DuckdbTest, ASecondWriterIsToldWhoHoldsTheFile) {
  writing();
  const auto second = open_duckdb(options(Access::write));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::locked);
  EXPECT_THAT(second.error().message, HasSubstr(fmt::format("process {}", ::getpid())));
  EXPECT_THAT(second.error().message, HasSubstr(host_name()));
  warehouse_.reset();
  EXPECT_TRUE(open_duckdb(options(Access::write)).ok());
}

TEST_F(DuckdbTest, TheLockFileOfAKilledRunHoldsNobodyUp) {
  given("create table t (i integer)");
  warehouse_.reset();
  std::ofstream(path_ + ".lock") << "12345\nelsewhere\n2018-11-01 00:00:00.000\n";
  EXPECT_TRUE(open_duckdb(options(Access::write)).ok());
  EXPECT_FALSE(fs::exists(path_ + ".lock"));
}

/// A child process that opens a warehouse, says when it has it, and keeps it until it is told.
class Holder {
 public:
  explicit Holder(const DuckdbOptions& options) {
    EXPECT_EQ(::pipe(ready_), 0);
    EXPECT_EQ(::pipe(done_), 0);
    pid_ = ::fork();
    if (pid_ == 0) hold(options);
    char said = 0;
    EXPECT_EQ(::read(ready_[0], &said, 1), 1);
    EXPECT_EQ(said, 'y') << "the child could not open the warehouse";
  }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;
  ~Holder() {
    EXPECT_EQ(::write(done_[1], "x", 1), 1);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    for (const int descriptor : {ready_[0], ready_[1], done_[0], done_[1]}) ::close(descriptor);
  }
  pid_t pid() const { return pid_; }

 private:
  [[noreturn]] void hold(const DuckdbOptions& options) {
    const auto opened = open_duckdb(options);
    char told = 0;
    const bool talked =
        ::write(ready_[1], opened.ok() ? "y" : "n", 1) == 1 && ::read(done_[0], &told, 1) == 1;
    // Without leaving the test program properly: it is the parent's.
    ::_exit(talked ? 0 : 1);
  }

  int ready_[2] = {};
  int done_[2] = {};
  pid_t pid_ = -1;
};

TEST_F(DuckdbTest, WhileAnotherProcessWritesNobodyElseMayOpenTheFile) {
  given("create table t (i integer)");
  warehouse_.reset();
  const Holder holder(options(Access::write));
  for (const Access access : {Access::write, Access::read, Access::sandbox}) {
    const auto opened = open_duckdb(options(access));
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().kind, ErrorKind::locked);
    EXPECT_THAT(opened.error().message, HasSubstr(fmt::format("process {}", holder.pid())));
    EXPECT_THAT(opened.error().message, HasSubstr(host_name()));
  }
}

TEST_F(DuckdbTest, WhileAnotherProcessReadsOthersMayReadButNotWrite) {
  given("create table t (i integer)");
  warehouse_.reset();
  const Holder holder(options(Access::read));
  EXPECT_TRUE(open_duckdb(options(Access::sandbox)).ok());
  const auto writer = open_duckdb(options(Access::write));
  ASSERT_FALSE(writer.ok());
  EXPECT_EQ(writer.error().kind, ErrorKind::locked);
  EXPECT_THAT(writer.error().message, HasSubstr(std::to_string(holder.pid())));
}

// Parameters and results.

TEST_F(DuckdbTest, TakesParametersOfEachType) {
  const Values values{std::int64_t{-5}, 2.5, std::string("a'b"), nullptr};
  EXPECT_EQ(answer(writing(), "select $1::bigint, $2::double, $3::varchar, $4::integer", values),
            "-5|2.5|a'b|NULL\n");
}

TEST_F(DuckdbTest, TakesParametersAtTheirEdges) {
  const Values values{std::numeric_limits<std::int64_t>::min(),
                      std::numeric_limits<std::int64_t>::max(), std::string(),
                      std::string(100'000, 'x') + "\u20AC"};
  EXPECT_EQ(answer(writing(), "select $1::bigint, $2::bigint, $3 = '', strlen($4)", values),
            "-9223372036854775808|9223372036854775807|true|100003\n");
}

TEST_F(DuckdbTest, ATimeGoesInAndOutAsText) {
  EXPECT_EQ(
      answer(writing(), "select cast($1 as timestamp)", {std::string("2018-11-12 02:36:57.796")}),
      "2018-11-12 02:36:57.796\n");
}

TEST_F(DuckdbTest, TooFewOrTooManyParametersAreAnError) {
  EXPECT_THAT(answer(writing(), "select $1, $2", {std::int64_t{1}}), HasSubstr("error: duckdb:"));
  EXPECT_THAT(answer(writing(), "select $1", {std::int64_t{1}, std::int64_t{2}}),
              HasSubstr("error: duckdb:"));
}

struct Example {
  std::string sql;
  ResultType type;
  std::string text;
};

void expect_all(Warehouse& warehouse, const std::vector<Example>& examples) {
  for (const Example& example : examples) {
    const auto rows = warehouse.query("select " + example.sql);
    ASSERT_TRUE(rows.ok()) << example.sql << ": " << rows.error().message;
    EXPECT_EQ(shown(*rows), example.text + "\n") << example.sql;
    EXPECT_EQ(rows->columns.at(0).type, example.type) << example.sql;
  }
}

TEST_F(DuckdbTest, ReadsBooleansAndIntegersOfEveryWidth) {
  expect_all(writing(),
             {{"true", ResultType::boolean, "true"},
              {"false", ResultType::boolean, "false"},
              {"(-128)::tinyint", ResultType::integer, "-128"},
              {"(-32768)::smallint", ResultType::integer, "-32768"},
              {"(-2147483648)::integer", ResultType::integer, "-2147483648"},
              {"(-9223372036854775808)::bigint", ResultType::integer, "-9223372036854775808"},
              {"255::utinyint", ResultType::integer, "255"},
              {"65535::usmallint", ResultType::integer, "65535"},
              {"4294967295::uinteger", ResultType::integer, "4294967295"},
              {"18446744073709551615::ubigint", ResultType::integer, "18446744073709551615"}});
}

TEST_F(DuckdbTest, ReadsHugeIntegersToTheirEdges) {
  expect_all(writing(),
             {{"0::hugeint", ResultType::integer, "0"},
              {"(-1)::hugeint", ResultType::integer, "-1"},
              {"18446744073709551616::hugeint", ResultType::integer, "18446744073709551616"},
              {"(170141183460469231731687303715884105727)::hugeint", ResultType::integer,
               "170141183460469231731687303715884105727"},
              {"(-170141183460469231731687303715884105728)::hugeint", ResultType::integer,
               "-170141183460469231731687303715884105728"},
              {"sum(i)::hugeint from range(10) r(i)", ResultType::integer, "45"}});
}

TEST_F(DuckdbTest, ReadsDecimalsOfEveryStorage) {
  expect_all(writing(), {{"1.5::decimal(4,1)", ResultType::decimal, "1.5"},
                         {"-0.05::decimal(4,2)", ResultType::decimal, "-0.05"},
                         {"0::decimal(9,5)", ResultType::decimal, "0.00000"},
                         {"9999999.99999::decimal(12,5)", ResultType::decimal, "9999999.99999"},
                         {"-9999999.99999::decimal(12,5)", ResultType::decimal, "-9999999.99999"},
                         {"42::decimal(18,0)", ResultType::decimal, "42"},
                         {"-12345678901234567890.12345::decimal(38,5)", ResultType::decimal,
                          "-12345678901234567890.12345"},
                         {"0.00000000000000000000000000000000000001::decimal(38,38)",
                          ResultType::decimal, "0.00000000000000000000000000000000000001"}});
}

TEST_F(DuckdbTest, ReadsRealNumbersInTheirShortestForm) {
  expect_all(writing(), {{"0.1::double", ResultType::real, "0.1"},
                         {"0.1::float", ResultType::real, "0.1"},
                         {"-90.04892::double", ResultType::real, "-90.04892"},
                         {"'nan'::double", ResultType::real, "nan"},
                         {"'infinity'::double", ResultType::real, "inf"},
                         {"'-infinity'::double", ResultType::real, "-inf"}});
}

TEST_F(DuckdbTest, ReadsTimestampsWithThreePlaces) {
  expect_all(
      writing(),
      {{"timestamp '2018-11-12 02:36:57.796'", ResultType::timestamp, "2018-11-12 02:36:57.796"},
       {"timestamp '1970-01-01 00:00:00'", ResultType::timestamp, "1970-01-01 00:00:00.000"},
       {"timestamp '1969-12-31 23:59:59.5'", ResultType::timestamp, "1969-12-31 23:59:59.500"},
       {"timestamp '9999-12-31 23:59:59.999'", ResultType::timestamp, "9999-12-31 23:59:59.999"}});
}

TEST_F(DuckdbTest, ReadsEverythingElseAsText) {
  expect_all(writing(), {{"'Beyonc\u00E9'", ResultType::text, "Beyonc\u00E9"},
                         {"''", ResultType::text, ""},
                         {"repeat('long', 1000)[3990:]", ResultType::text, "onglonglong"},
                         {"[1, 2, NULL]", ResultType::text, "[1, 2, NULL]"},
                         {"{'a': 1, 'b': 'x'}", ResultType::text, "{'a': 1, 'b': x}"},
                         {"map {'k': 1}", ResultType::text, "{k=1}"},
                         {"date '2018-11-12'", ResultType::text, "2018-11-12"},
                         {"time '02:36:57'", ResultType::text, "02:36:57"},
                         {"interval 1 day", ResultType::text, "1 day"},
                         {"'x'::enum('x', 'y')", ResultType::text, "x"},
                         {"170141183460469231731687303715884105728::uhugeint", ResultType::text,
                          "170141183460469231731687303715884105728"}});
}

TEST_F(DuckdbTest, ReadsNullsOfEveryType) {
  for (const std::string type : {"boolean", "integer", "bigint", "hugeint", "decimal(12,5)",
                                 "double", "timestamp", "varchar", "integer[]", "date"}) {
    EXPECT_EQ(answer(writing(), "select NULL::" + type + ", 1"), "NULL|1\n") << type;
  }
  EXPECT_EQ(answer(writing(), "select NULL"), "NULL\n");
}

TEST_F(DuckdbTest, ColumnsKeepTheirNamesAlsoWhereTheyAreReadAsText) {
  const auto plain = *writing().query("select 1 as \"a b\", 2 as \"a b\"");
  const auto cast =
      *writing().query("select [1] as \"a b\", 2 as \"a b\", [3] as \"x\"\"y\" -- end");
  EXPECT_EQ(plain.columns[0].name, "a b");
  EXPECT_EQ(cast.columns[0].name, "a b");
  EXPECT_EQ(cast.columns[1].name, "a b");
  EXPECT_EQ(cast.columns[2].name, "x\"y");
  EXPECT_EQ(shown(cast), "[1]|2|[3]\n");
}

TEST_F(DuckdbTest, AQueryReadAsTextMayHaveAWithAndASemicolon) {
  EXPECT_EQ(answer(writing(), "with w as (select 7 as i) select [i], 'x' from w ; \n"), "[7]|x\n");
}

TEST_F(DuckdbTest, AListFromAQueryWithParametersIsRefusedNotMisread) {
  EXPECT_FALSE(writing().query("select [$1::integer]", {std::int64_t{7}}).ok());
}

TEST_F(DuckdbTest, AParameterWhoseTypeIsOpenTakesNoColumnAway) {
  EXPECT_EQ(answer(writing(), "select 1, $1", {std::string("x")}), "1|x\n");
}

std::string numbers_down(int from, const std::string& open, const std::string& close) {
  std::string text;
  for (int i = from; i-- > 0;) text += open + std::to_string(i) + close + "\n";
  return text;
}

TEST_F(DuckdbTest, OrderByIsKeptAlsoWhereColumnsAreReadAsText) {
  constexpr int kRows = 300'000;
  EXPECT_TRUE(answer(writing(), fmt::format("select i from range({}) r(i) order by i desc",
                                            kRows)) == numbers_down(kRows, "", ""));
  EXPECT_TRUE(answer(writing(), fmt::format("select [i] from range({}) r(i) order by i desc",
                                            kRows)) == numbers_down(kRows, "[", "]"));
}

TEST_F(DuckdbTest, AResultMayHaveNoRowsButHasColumns) {
  const auto rows = *writing().query("select 1 as a, 'x' as b where false");
  EXPECT_TRUE(rows.empty());
  ASSERT_EQ(rows.columns.size(), 2U);
  EXPECT_EQ(rows.columns[1].name, "b");
}

TEST_F(DuckdbTest, ABadStatementIsAnErrorThatNamesTheWarehouse) {
  for (const std::string sql : {"selec 1", "select * from no_such_table", "select 1; select 2"}) {
    const auto rows = writing().query(sql);
    ASSERT_FALSE(rows.ok()) << sql;
    EXPECT_EQ(rows.error().kind, ErrorKind::database);
    EXPECT_THAT(rows.error().message, HasSubstr(path_));
  }
}

TEST_F(DuckdbTest, AnErrorInTheMiddleOfAResultIsAnError) {
  const auto rows = writing().query(
      "select case when i = 250000 then error('in the middle') else i end from range(300000) r(i)");
  ASSERT_FALSE(rows.ok());
  EXPECT_THAT(rows.error().message, HasSubstr("in the middle"));
}

TEST_F(DuckdbTest, TheErrorOfAVisitorStopsTheReading) {
  struct Refusing : Rows {
    Status row(const Row& next) override {
      if (rows.size() == 3) return make_error(ErrorKind::stopped, "enough");
      return Rows::row(next);
    }
  } visitor;
  const Status done = writing().read("select * from range(100000)", {}, visitor);
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().message, "enough");
  EXPECT_EQ(visitor.rows.size(), 3U);
  EXPECT_EQ(answer(writing(), "select 1"), "1\n");
}

// Transactions.

TEST_F(DuckdbTest, LeavingATransactionRollsItBack) {
  given("create table t (i integer)");
  {
    const auto transaction = *warehouse_->begin();
    EXPECT_EQ(*transaction->execute("insert into t values (1), (2)"), 2);
    EXPECT_EQ(shown(*transaction->query("select count(*) from t")), "2\n");
  }
  EXPECT_EQ(answer(*warehouse_, "select count(*) from t"), "0\n");
  ASSERT_TRUE(warehouse_->begin().ok());
}

TEST_F(DuckdbTest, ATransactionWithAFailedStatementCanBeLeftAndBegunAnew) {
  given("create table t (i integer primary key)");
  {
    const auto transaction = *warehouse_->begin();
    ASSERT_TRUE(transaction->execute("insert into t values (1)").ok());
    EXPECT_FALSE(transaction->execute("insert into t values ('x')").ok());
    EXPECT_FALSE(transaction->execute("no sql").ok());
  }
  given("insert into t values (5)");
  EXPECT_EQ(answer(*warehouse_, "select i from t"), "5\n");
}

TEST_F(DuckdbTest, ExecuteTakesParametersAndSaysHowManyRowsChanged) {
  given("create table t (i bigint, s varchar)");
  const auto transaction = *warehouse_->begin();
  EXPECT_EQ(*transaction->execute("insert into t values ($1, $2)", {std::int64_t{1}, nullptr}), 1);
  EXPECT_EQ(*transaction->execute("insert into t select i, 'x' from range(10) r(i)"), 10);
  EXPECT_EQ(*transaction->execute("delete from t where s = $1", {std::string("x")}), 10);
  EXPECT_EQ(*transaction->execute("delete from t where false"), 0);
}

TEST_F(DuckdbTest, ReconnectLeavesTheTransactionAndItsTemporaryTables) {
  given("create table t (i integer)");
  auto transaction = *warehouse_->begin();
  ASSERT_TRUE(transaction->execute("create temporary table own (i integer)").ok());
  ASSERT_TRUE(transaction->execute("insert into t values (1)").ok());
  ASSERT_TRUE(warehouse_->reconnect().ok());
  transaction.reset();
  EXPECT_EQ(answer(*warehouse_, "select count(*) from t"), "0\n");
  EXPECT_THAT(answer(*warehouse_, "select * from own"), HasSubstr("error"));
  given("insert into t values (2)");
  EXPECT_EQ(answer(*warehouse_, "select i from t"), "2\n");
}

// Staging.

const TableSchema& every_type() {
  static const TableSchema schema{"staged",
                                  {{"a", ColumnType::int32},
                                   {"b", ColumnType::int64},
                                   {"c", ColumnType::float64},
                                   {"d", ColumnType::decimal5},
                                   {"e", ColumnType::timestamp},
                                   {"f", ColumnType::text, 64}}};
  return schema;
}

constexpr const char* kMakeStaged =
    "create table staged (a integer, b bigint, c double, d decimal(12,5), e timestamp, f varchar)";

/// Batches of numbered rows, every seventh all NULL, for as many threads as ask.
class NumberedRows : public BatchSource {
 public:
  NumberedRows(int batches, int rows_each) : batches_(batches), rows_each_(rows_each) {}
  /// The batch that gives an error instead of rows.
  void fail_at(int batch) { failing_batch_ = batch; }

  const TableSchema& schema() const override { return every_type(); }
  Result<bool> next(Batch& batch) override {
    batch.clear();
    const int number = taken_.fetch_add(1);
    if (failing_batch_ >= 0 && number >= failing_batch_) {
      return make_error(ErrorKind::damaged, "the object is damaged");
    }
    if (number >= batches_) return false;
    // Batches of different sizes, none of them DuckDB's.
    const int first = number * rows_each_;
    for (int i = first; i < first + rows_each_; ++i) add_row(batch, i);
    return true;
  }

 private:
  static void add_row(Batch& batch, int i) {
    for (std::size_t column = 0; column < 6; ++column) {
      if (i % 7 == 0) batch.add_null(column);
    }
    if (i % 7 != 0) {
      batch.add_integer(0, -i);
      batch.add_integer(1, std::int64_t{i} << 30);
      batch.add_double(2, i / 4.0);
      batch.add_integer(3, i);
      batch.add_integer(4, std::int64_t{i} * 1000);
      batch.add_text_copy(5, fmt::format("a text of some length, number {} \u20AC", i));
    }
    batch.end_row();
  }

  int batches_;
  int rows_each_;
  int failing_batch_ = -1;
  std::atomic<int> taken_{0};
};

TEST_F(DuckdbTest, StagesEveryRowOfEveryTypeOnSeveralThreads) {
  given(kMakeStaged);
  for (const int rows_each : {1, 777, 2048, 5000}) {
    NumberedRows source(70, rows_each);
    const auto transaction = *warehouse_->begin();
    const Status staged = transaction->stage(source);
    ASSERT_TRUE(staged.ok()) << staged.error().message;
    const int rows = 70 * rows_each;
    const int nulls = (rows + 6) / 7;
    EXPECT_EQ(shown(*transaction->query("select count(*), count(a), count(f) from staged")),
              fmt::format("{}|{}|{}\n", rows, rows - nulls, rows - nulls));
    EXPECT_EQ(shown(*transaction->query(
                  "select count(*) from staged where b = -a::bigint << 30 and c = -a / 4.0 "
                  "and d = -a * 0.00001 and e = make_timestamp(-a * 1000::bigint) "
                  "and f = 'a text of some length, number ' || -a || ' \u20AC'")),
              fmt::format("{}\n", rows - nulls));
    EXPECT_EQ(shown(*transaction->query("select count(*) from staged where a is null and b is null "
                                        "and c is null and d is null and e is null and f is null")),
              fmt::format("{}\n", nulls));
  }
}

TEST_F(DuckdbTest, StagesValuesAtTheirEdges) {
  given(kMakeStaged);
  Batch batch(every_type());
  batch.add_integer(0, std::numeric_limits<std::int32_t>::min());
  batch.add_integer(1, std::numeric_limits<std::int64_t>::max());
  batch.add_double(2, std::numeric_limits<double>::denorm_min());
  batch.add_integer(3, -999'999'999'999);
  batch.add_integer(4, 253'402'300'799'999'000);
  batch.add_text_copy(5, "");
  batch.end_row();
  MemoryBatchSource source(std::move(batch));
  const auto transaction = *warehouse_->begin();
  ASSERT_TRUE(transaction->stage(source).ok());
  EXPECT_EQ(shown(*transaction->query("select * from staged")),
            "-2147483648|9223372036854775807|5e-324|-9999999.99999|9999-12-31 23:59:59.999|\n");
}

TEST_F(DuckdbTest, StagesASourceWithoutRows) {
  given(kMakeStaged);
  NumberedRows source(0, 1);
  const auto transaction = *warehouse_->begin();
  EXPECT_TRUE(transaction->stage(source).ok());
  EXPECT_EQ(shown(*transaction->query("select count(*) from staged")), "0\n");
}

TEST_F(DuckdbTest, AddsToWhatIsStagedAlready) {
  given(kMakeStaged);
  const auto transaction = *warehouse_->begin();
  for (int i = 1; i <= 3; ++i) {
    NumberedRows source(5, 100);
    ASSERT_TRUE(transaction->stage(source).ok());
    EXPECT_EQ(shown(*transaction->query("select count(*) from staged")),
              fmt::format("{}\n", i * 500));
  }
}

TEST_F(DuckdbTest, AnErrorOfTheSourceComesBackAsItIsAndLeavesNothing) {
  given(kMakeStaged);
  for (const int failing_batch : {0, 1, 40}) {
    NumberedRows source(50, 3000);
    source.fail_at(failing_batch);
    {
      const auto transaction = *warehouse_->begin();
      const Status staged = transaction->stage(source);
      ASSERT_FALSE(staged.ok());
      EXPECT_EQ(staged.error().kind, ErrorKind::damaged);
      EXPECT_EQ(staged.error().message, "the object is damaged");
    }
    EXPECT_EQ(answer(*warehouse_, "select count(*) from staged"), "0\n");
  }
  NumberedRows good(2, 10);
  const auto transaction = *warehouse_->begin();
  EXPECT_TRUE(transaction->stage(good).ok());
}

TEST_F(DuckdbTest, StagingIntoATableThatIsNotThereIsADatabaseError) {
  NumberedRows source(1, 1);
  const auto transaction = *writing().begin();
  const Status staged = transaction->stage(source);
  ASSERT_FALSE(staged.ok());
  EXPECT_EQ(staged.error().kind, ErrorKind::database);
}

TEST_F(DuckdbTest, TheStagingFunctionGivesNothingOutsideStaging) {
  EXPECT_THAT(answer(writing(), "select * from sparkify_rows()"), HasSubstr("error"));
}

// The sandbox.

TEST_F(DuckdbTest, TheSandboxRefusesEverythingButReadingItsOwnTables) {
  given("create table t (i integer); insert into t values (1)");
  std::ofstream(root_ / "secret.csv") << "a,b\n1,2\n";
  const std::string secret = "'" + (root_ / "secret.csv").native() + "'";
  const std::string target = "'" + (root_ / "out").native() + "'";
  Warehouse& sandbox = reopened(Access::sandbox);
  for (const std::string& sql :
       std::vector<std::string>{"insert into t values (2)",
                                "update t set i = 3",
                                "delete from t",
                                "drop table t",
                                "create table u (i integer)",
                                "create or replace view v as select 1",
                                "alter table t add j integer",
                                "attach " + target,
                                "attach ':memory:' as m; create table m.t (i integer)",
                                "copy t to " + target,
                                "copy (select 1) to " + target,
                                "copy t from " + secret,
                                "export database " + target,
                                "select * from read_csv(" + secret + ")",
                                "select * from " + secret,
                                "select * from read_text(" + secret + ")",
                                "select * from read_blob(" + secret + ")",
                                "select * from glob('/*')",
                                "select * from read_parquet(" + target + ")",
                                "set threads = 1",
                                "set enable_external_access = true",
                                "set lock_configuration = false",
                                "reset enable_external_access",
                                "pragma enable_external_access = true",
                                "install httpfs",
                                "load httpfs",
                                "import database " + target,
                                "set temp_directory = " + target,
                                "create secret (type s3)"}) {
    EXPECT_FALSE(sandbox.query(sql).ok()) << sql;
  }
  EXPECT_EQ(answer(sandbox, "select i from t"), "1\n");
  EXPECT_FALSE(fs::exists(root_ / "out"));
}

TEST_F(DuckdbTest, TheSandboxReadsWhateverSqlCanRead) {
  given("create table t (i integer); insert into t values (1), (2)");
  Warehouse& sandbox = reopened(Access::sandbox);
  EXPECT_EQ(answer(sandbox, "with w as (from t) select list(i order by i) from w"), "[1, 2]\n");
  EXPECT_EQ(answer(sandbox, "select table_name from information_schema.tables"), "t\n");
  EXPECT_TRUE(sandbox.query("describe t").ok());
  EXPECT_TRUE(sandbox.query("summarize t").ok());
  EXPECT_TRUE(sandbox.query("explain select * from t").ok());
  EXPECT_TRUE(sandbox.query("show tables").ok());
}

// DuckDB runs what EXPLAIN ANALYZE explains, and lets a COPY write over the warehouse's own file.
TEST_F(DuckdbTest, TheSandboxExplainsOnlyWhatReads) {
  given("create table t (i integer)");
  Warehouse& sandbox = reopened(Access::sandbox);
  const std::string before = duckdb_file_sign(path_);
  const std::string copy = "copy (select 1) to '" + path_ + "' (use_tmp_file false)";
  for (const char* const head :
       {"explain analyze ", "explain (analyze) ", "EXPLAIN\n(ANALYZE, FORMAT json)\t", "explain ",
        "/* */ explain analyze ", "explain /* */ analyze ", "-- x\nexplain analyze "}) {
    EXPECT_FALSE(sandbox.query(std::string(head) + copy).ok()) << head;
    EXPECT_FALSE(sandbox.query(std::string(head) + "create table u (i integer)").ok()) << head;
  }
  EXPECT_EQ(duckdb_file_sign(path_), before);
  for (const char* sql : {"explain analyze select * from t", "explain (analyze) from t",
                          "explain with w as (from t) select * from w"}) {
    EXPECT_TRUE(sandbox.query(sql).ok()) << sql;
  }
}

// Whoever made the file may have put a view into it that reads what we may read.
TEST_F(DuckdbTest, NoFileButTheWarehouseIsReadWhoeverAsks) {
  std::ofstream(root_ / "secret.txt") << "secret";
  const std::string sql =
      "select content from read_text('" + (root_ / "secret.txt").native() + "')";
  given("create table t (i integer)");
  for (const Access access : {Access::write, Access::read, Access::sandbox, Access::view}) {
    EXPECT_FALSE(reopened(access).query(sql).ok());
  }
}

TEST_F(DuckdbTest, AReaderCannotWrite) {
  given("create table t (i integer)");
  Warehouse& reader = reopened(Access::read);
  const auto transaction = *reader.begin();
  EXPECT_FALSE(transaction->execute("insert into t values (1)").ok());
}

}  // namespace
}  // namespace sparkify
