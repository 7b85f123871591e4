#include "pipeline/settled_commit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/fake_warehouse.h"

namespace sparkify {
namespace {

using ::testing::HasSubstr;

struct SettledCommitTest : ::testing::Test {
  Status commit(const std::function<Result<bool>()>& took_place) {
    return commit_settled(warehouse, *warehouse.begin(), took_place);
  }
  void lose_the_answer() {
    warehouse.on_commit = [] { return make_error(ErrorKind::commit_unknown, "no answer"); };
  }

  FakeWarehouse warehouse;
};

TEST_F(SettledCommitTest, AClearAnswerIsNotAskedAbout) {
  EXPECT_TRUE(commit([]() -> Result<bool> { return false; }).ok());
  warehouse.on_commit = [] { return make_error(ErrorKind::database, "refused"); };
  EXPECT_EQ(commit([]() -> Result<bool> { return true; }).error().kind, ErrorKind::database);
  EXPECT_EQ(warehouse.reconnects, 0);
}

TEST_F(SettledCommitTest, TheTablesSayWhetherItTookPlace) {
  lose_the_answer();
  EXPECT_TRUE(commit([]() -> Result<bool> { return true; }).ok());
  const Status refused = commit([]() -> Result<bool> { return false; });
  EXPECT_EQ(refused.error().kind, ErrorKind::database);
  EXPECT_THAT(refused.error().message, HasSubstr("was not committed"));
  EXPECT_EQ(warehouse.reconnects, 2);
}

TEST_F(SettledCommitTest, AsLongAsItIsUnderWayTheTablesAreAskedAgain) {
  lose_the_answer();
  int pending = 3;
  int asked = 0;
  warehouse.on_pending = [&]() -> Result<bool> { return pending-- > 0; };
  EXPECT_TRUE(commit([&]() -> Result<bool> { return ++asked == 4; }).ok());
  EXPECT_EQ(asked, 4);
}

// A commit that ends between the two questions must not be missed.
TEST_F(SettledCommitTest, TheTablesAreAskedAfterItIsKnownThatItIsOver) {
  lose_the_answer();
  bool is_over = false;
  warehouse.on_pending = [&]() -> Result<bool> {
    is_over = true;
    return false;
  };
  EXPECT_TRUE(commit([&]() -> Result<bool> { return is_over; }).ok());
}

TEST_F(SettledCommitTest, ItIsUnknownWhenNobodyCanBeAsked) {
  lose_the_answer();
  const auto never = []() -> Result<bool> { return make_error(ErrorKind::database, "gone"); };
  EXPECT_EQ(commit(never).error().kind, ErrorKind::commit_unknown);
  warehouse.on_reconnect = [] { return make_error(ErrorKind::database, "down"); };
  const Status unknown = commit([]() -> Result<bool> { return true; });
  EXPECT_EQ(unknown.error().kind, ErrorKind::commit_unknown);
  EXPECT_THAT(unknown.error().message, HasSubstr("sparkify status"));
}

}  // namespace
}  // namespace sparkify
