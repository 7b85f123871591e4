#include "generate/file_crew.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>

namespace sparkify {
namespace {

using std::chrono::milliseconds;

FileReport report_of(std::int64_t bytes) {
  FileReport report;
  report.bytes = bytes;
  return report;
}

TEST(FileCrew, ReportsComeInTheOrderOfAdding) {
  for (const std::size_t threads : {1U, 2U, 5U}) {
    std::vector<std::int64_t> seen;
    FileCrew crew(threads, [&](FileReport&& report) { seen.push_back(report.bytes); });
    for (std::int64_t i = 0; i < 40; ++i) {
      const auto work = [i](FileDesk&, FileReport& report) -> Status {
        if (i % 7 == 0) std::this_thread::sleep_for(milliseconds(2));  // others overtake it
        report = report_of(i);
        return {};
      };
      ASSERT_TRUE(crew.add(1, work).ok());
    }
    ASSERT_TRUE(crew.finish().ok());
    ASSERT_EQ(seen.size(), 40U);
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  }
}

TEST(FileCrew, NoMoreIsUnderWayThanMayBe) {
  std::atomic<int> under_way = 0;
  std::atomic<int> most = 0;
  FileCrew crew(4, [&](FileReport&&) { --under_way; });
  for (int i = 0; i < 50; ++i) {
    const auto work = [](FileDesk&, FileReport&) -> Status { return {}; };
    // Two days of this size together are more than it takes; a single one is not.
    ASSERT_TRUE(crew.add(300'000, work).ok());
    most = std::max(most.load(), ++under_way);
  }
  ASSERT_TRUE(crew.finish().ok());
  EXPECT_EQ(most, 1);
  EXPECT_EQ(under_way, 0);
}

TEST(FileCrew, TheFirstErrorInTheOrderOfAddingCountsAndNothingIsHandedInAfterIt) {
  std::int64_t handed_in = 0;
  FileCrew crew(3, [&](FileReport&& report) { handed_in += report.bytes; });
  Status status;
  for (std::int64_t i = 0; i < 20 && status.ok(); ++i) {
    status = crew.add(1, [i](FileDesk&, FileReport& report) -> Status {
      report = report_of(1);
      if (i == 2) std::this_thread::sleep_for(milliseconds(5));
      if (i == 2 || i == 3) return make_error(ErrorKind::source, std::to_string(i));
      return {};
    });
  }
  if (status.ok()) status = crew.finish();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, "2");
  EXPECT_EQ(handed_in, 2);
}

}  // namespace
}  // namespace sparkify
