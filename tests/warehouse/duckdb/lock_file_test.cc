#include "warehouse/duckdb/lock_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace sparkify {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class LockFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/lock_file_test.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    path_ = (root_ / "w.lock").native();
  }
  void TearDown() override { fs::remove_all(root_); }

  Result<LockFile> acquired() const { return LockFile::acquire(path_, "duckdb:w"); }

  fs::path root_;
  std::string path_;
};

TEST_F(LockFileTest, NobodyHoldsAFileThatIsNotThereOrThatNobodyLocked) {
  EXPECT_FALSE(LockFile::holder(path_).has_value());
  std::ofstream(path_) << "1\nhost\n2018-11-01 00:00:00.000\n";
  EXPECT_FALSE(LockFile::holder(path_).has_value());
}

TEST_F(LockFileTest, ItsHolderIsNamedWithProcessHostAndTime) {
  const auto lock = acquired();
  ASSERT_TRUE(lock.ok());
  const auto holder = LockFile::holder(path_);
  ASSERT_TRUE(holder.has_value());
  EXPECT_EQ(holder->pid, std::to_string(::getpid()));
  EXPECT_FALSE(holder->host.empty());
  EXPECT_EQ(holder->since.size(), std::string("2018-11-01 00:00:00.000").size());
}

// Found by races: the lock is taken first, and who took it is written a moment later.
TEST_F(LockFileTest, WhoComesBetweenTheLockAndItsTextIsToldWhoHasIt) {
  const int descriptor = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  ASSERT_GE(descriptor, 0);
  ASSERT_EQ(::flock(descriptor, LOCK_EX | LOCK_NB), 0);
  std::string message;
  // A busy machine may hold the writer up for longer than anybody waits, but not every time.
  for (int round = 0; round < 50 && message.find("4711") == std::string::npos; ++round) {
    ASSERT_EQ(::ftruncate(descriptor, 0), 0);
    std::thread writer([descriptor] {
      constexpr std::string_view kText = "4711\nhost\n2018-11-01 00:00:00.000\n";
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      static_cast<void>(::pwrite(descriptor, kText.data(), kText.size(), 0));
    });
    const auto second = acquired();
    writer.join();
    ASSERT_FALSE(second.ok());
    message = second.error().message;
  }
  EXPECT_THAT(message, HasSubstr("4711"));
  ::close(descriptor);
}

TEST_F(LockFileTest, ASecondOneIsRefusedAndToldWhoHasIt) {
  const auto lock = acquired();
  const auto second = acquired();
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind, ErrorKind::locked);
  EXPECT_THAT(second.error().message, HasSubstr("duckdb:w"));
  EXPECT_THAT(second.error().message, HasSubstr(fmt::format("process {}", ::getpid())));
}

TEST_F(LockFileTest, IsGoneWhenItIsLetGo) {
  { const auto lock = acquired(); }
  EXPECT_FALSE(fs::exists(path_));
  EXPECT_TRUE(acquired().ok());
}

TEST_F(LockFileTest, StaysHeldWhenItIsMoved) {
  LockFile kept;
  {
    LockFile lock = *acquired();
    LockFile moved(std::move(lock));
    kept = std::move(moved);
  }
  EXPECT_FALSE(acquired().ok());
  kept = LockFile();
  EXPECT_TRUE(acquired().ok());
}

TEST_F(LockFileTest, AFolderThatIsNotThereIsADatabaseError) {
  path_ = (root_ / "missing/w.lock").native();
  const auto lock = acquired();
  ASSERT_FALSE(lock.ok());
  EXPECT_EQ(lock.error().kind, ErrorKind::database);
  EXPECT_THAT(lock.error().message, HasSubstr(path_));
}

TEST_F(LockFileTest, IsHeldByOneAtATimeHoweverManyAsk) {
  std::atomic<int> holders{0};
  std::atomic<int> taken{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 500; ++i) {
          const auto lock = acquired();
          if (!lock.ok()) continue;
          EXPECT_EQ(holders.fetch_add(1), 0);
          // What others find by its name is the file that we hold, not one that a former holder
          // removed between our opening and our locking it.
          EXPECT_TRUE(LockFile::holder(path_).has_value());
          ++taken;
          holders.fetch_sub(1);
        }
      });
    }
  }
  EXPECT_GT(taken, 0);
  EXPECT_FALSE(fs::exists(path_));
}

// Who may write the folder could have another file of ours written over.
TEST_F(LockFileTest, ALinkByItsNameIsRefusedAndWhatItLeadsToStays) {
  const std::string other = (root_ / "other").native();
  std::ofstream(other) << "mine";
  fs::create_symlink(other, path_);
  EXPECT_THAT(acquired().error().message, HasSubstr("no lock file"));
  fs::remove(path_);
  fs::create_hard_link(other, path_);
  EXPECT_THAT(acquired().error().message, HasSubstr("no lock file"));
  std::string text;
  std::getline(std::ifstream(other), text);
  EXPECT_EQ(text, "mine");
}

TEST(DescribeLockHolder, ShowsNoControlCharacters) {
  const std::string text = describe({"1\x1b[2J", "\x1b]0;owned\x07",
                                     "\xc2\x9b"
                                     "31m"});
  EXPECT_EQ(text.find_first_of("\x1b\x07\x9b"), text.npos) << text;
}

TEST(DescribeLockHolder, SaysWhatIsKnown) {
  EXPECT_EQ(describe({"12", "box", "2018-11-01 00:00:00.000"}),
            "process 12 on box, since 2018-11-01 00:00:00.000 UTC");
  EXPECT_EQ(describe({}), "another process");
}

}  // namespace
}  // namespace sparkify
