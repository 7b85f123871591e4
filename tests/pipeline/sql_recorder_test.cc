#include "pipeline/sql_recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/fake_warehouse.h"

namespace sparkify {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ScriptedWarehouse : public FakeWarehouse {
 public:
  WarehouseScript script() const override {
    return {{"set a"}, {"truncate b"}, {"begin", "lock c"}, {"create d"}, {"analyze e"}};
  }
  Result<std::string> stage_statement(const TableSchema& schema) const override {
    return "copy " + std::string(schema.name);
  }
};

class SqlRecorderTest : public testing::Test {
 protected:
  ScriptedWarehouse warehouse_;
  SqlLibrary sql_ = *SqlLibrary::open("duckdb");
  SqlRecorder recorder_{warehouse_, sql_};
};

TEST_F(SqlRecorderTest, WritesDownWhatAWarehouseDoesByItself) {
  {
    auto transaction = *recorder_.begin_group();
    ASSERT_TRUE(transaction->commit().ok());
  }
  ASSERT_TRUE(recorder_.tidy().ok());
  EXPECT_THAT(recorder_.take_statements(),
              ElementsAre("set a", "truncate b", "begin", "lock c", "create d", HasSubstr("commit"),
                          "analyze e"));
}

TEST_F(SqlRecorderTest, ParametersStandInAComment) {
  auto transaction = *recorder_.begin();
  ASSERT_TRUE(transaction
                  ->execute("update t set x = $1, y = $2, z = $3\n",
                            {std::int64_t{7}, std::string("it's"), nullptr})
                  .ok());
  EXPECT_EQ(recorder_.take_statements().back(),
            "-- $1 = 7, $2 = 'it's', $3 = null\nupdate t set x = $1, y = $2, z = $3");
}

TEST_F(SqlRecorderTest, StagingTakesAllRowsAndIsOneStatement) {
  auto transaction = *recorder_.begin();
  Batch batch(drift_schema());
  MemoryBatchSource source(std::move(batch));
  ASSERT_TRUE(transaction->stage(source).ok());
  EXPECT_EQ(recorder_.take_statements().back(), "copy etl_drift");
}

TEST_F(SqlRecorderTest, QuestionsOfOneRowGetZerosAndOthersNoRow) {
  const Rows state = *recorder_.query(sql_.get("meta/run_state"));
  ASSERT_EQ(state.rows.size(), 1U);
  EXPECT_EQ(state.integer(0, 2), 0);
  EXPECT_TRUE(recorder_.query(sql_.get("meta/applied_in_group"))->empty());
}

TEST_F(SqlRecorderTest, AQuestionGetsTheAnswerThatIsKnown) {
  recorder_.answer_with(sql_.get("meta/run_state"), {7, 0, 1});
  const Rows state = *recorder_.query(sql_.get("meta/run_state"));
  ASSERT_EQ(state.rows.size(), 1U);
  EXPECT_EQ(state.integer(0, 0), 7);
  EXPECT_EQ(state.integer(0, 2), 1);
}

}  // namespace
}  // namespace sparkify
