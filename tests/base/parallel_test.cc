#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <new>
#include <thread>

namespace sparkify {
namespace {

TEST(Parallel, EachNumberIsWorkedOnOnce) {
  std::atomic<int> sum{0};
  run_on_threads(4, [&](std::size_t number) { sum += 1 << number; });
  EXPECT_EQ(sum, 0b1111);
}

// A thread that is not waited for ends the program.
TEST(Parallel, WhoLeavesForWantOfMemoryWaitsForTheOthers) {
  std::atomic<int> done{0};
  const auto work = [&](std::size_t number) {
    if (number == 0) throw std::bad_alloc();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    ++done;
  };
  EXPECT_THROW(run_on_threads(3, work), std::bad_alloc);
  EXPECT_EQ(done, 2);
}

}  // namespace
}  // namespace sparkify
