#include "pipeline/interruption.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <future>

#include "fakes/fake_warehouse.h"

namespace sparkify {
namespace {

constexpr std::chrono::seconds kLongest{30};

/// Work that ends, with an error, when its statement is interrupted.
struct LongStatement {
  explicit LongStatement(FakeWarehouse& warehouse) {
    warehouse.on_interrupt = [this] {
      if (!interrupts++) interrupted.set_value();
    };
  }
  Status run(ErrorKind kind = ErrorKind::conflict) {
    const bool is_over = interrupted.get_future().wait_for(kLongest) == std::future_status::ready;
    return make_error(is_over ? kind : ErrorKind::internal, "canceling statement");
  }

  std::promise<void> interrupted;
  std::atomic<int> interrupts{0};
};

TEST(Interruption, AStopInterruptsWhatRunsAndSaysThatItDid) {
  FakeWarehouse warehouse;
  LongStatement statement(warehouse);
  StopFlag stop;
  const Status done = run_interruptibly(warehouse, stop, [&] {
    stop.request(SIGINT);
    return statement.run();
  });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::stopped);
}

TEST(Interruption, NothingIsInterruptedBeforeAStopOrAfterTheWork) {
  FakeWarehouse warehouse;
  LongStatement statement(warehouse);
  StopFlag stop;
  const auto count = run_interruptibly(warehouse, stop, []() -> Result<int> { return 3; });
  EXPECT_EQ(count.value(), 3);
  stop.request(SIGTERM);
  EXPECT_EQ(statement.interrupts, 0);
}

TEST(Interruption, ErrorsWithoutAStopAreTheWorks) {
  FakeWarehouse warehouse;
  const StopFlag stop;
  const Status done = run_interruptibly(
      warehouse, stop, []() -> Status { return make_error(ErrorKind::database, "disk full"); });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::database);
}

TEST(Interruption, ACommitThatNobodyKnowsOfStaysUnknown) {
  FakeWarehouse warehouse;
  LongStatement statement(warehouse);
  StopFlag stop;
  const Status done = run_interruptibly(warehouse, stop, [&] {
    stop.request(SIGINT);
    return statement.run(ErrorKind::commit_unknown);
  });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::commit_unknown);
}

TEST(Interruption, PatienceLetsWhatRunsGoOnForAWhile) {
  FakeWarehouse warehouse;
  LongStatement statement(warehouse);
  StopFlag stop;
  stop.request(SIGINT);
  constexpr std::chrono::milliseconds kPatience{200};
  const auto begin = std::chrono::steady_clock::now();
  const Interruption interruption(warehouse, stop, kPatience);
  EXPECT_EQ(statement.run().error().kind, ErrorKind::conflict);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, kPatience);
}

}  // namespace
}  // namespace sparkify
