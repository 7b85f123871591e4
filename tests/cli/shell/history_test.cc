#include "cli/shell/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/redaction.h"

namespace sparkify {
namespace {

using ::testing::ElementsAre;

class HistoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "history-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/state/sparkify/history";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  unsigned mode(const std::string& path) const {
    struct stat found {};
    ::stat(path.c_str(), &found);
    return found.st_mode & 0777U;
  }

  std::string folder_;
  std::string path_;
};

TEST_F(HistoryTest, IsReadByTheNextShell) {
  auto first = History::open(path_);
  ASSERT_TRUE(first.ok());
  const std::string hard = "select 'a\\nb'\n  as \"\\\";";
  EXPECT_TRUE(first->add("select 1;").ok());
  EXPECT_TRUE(first->add(hard).ok());
  EXPECT_THAT(History::open(path_)->entries(), ElementsAre("select 1;", hard));
}

TEST_F(HistoryTest, IsForItsOwnerOnly) {
  EXPECT_TRUE(History::open(path_)->add("select 1;").ok());
  EXPECT_EQ(mode(path_), 0600U);
  EXPECT_EQ(mode(folder_ + "/state"), 0700U);
  std::filesystem::permissions(path_, std::filesystem::perms(0644));
  EXPECT_TRUE(History::open(path_)->add("select 2;").ok());
  EXPECT_EQ(mode(path_), 0600U);
}

TEST_F(HistoryTest, OfTwoShellsAtOnceKeepsAll) {
  auto one = History::open(path_);
  auto other = History::open(path_);
  EXPECT_TRUE(one->add("select 1;").ok());
  EXPECT_TRUE(other->add("select 2;").ok());
  EXPECT_TRUE(one->add("select 3;").ok());
  EXPECT_THAT(History::open(path_)->entries(), ElementsAre("select 1;", "select 2;", "select 3;"));
}

TEST_F(HistoryTest, KeepsARepetitionOnce) {
  auto history = History::open(path_);
  EXPECT_TRUE(history->add("select 1;").ok());
  EXPECT_TRUE(history->add("select 1;").ok());
  EXPECT_THAT(History::open(path_)->entries(), ElementsAre("select 1;"));
}

TEST_F(HistoryTest, IsCutToItsNewestEntries) {
  std::filesystem::create_directories(folder_ + "/state/sparkify");
  std::ofstream file(path_);
  for (int i = 0; i < 2001; ++i) file << "select " << i << ";\n";
  file.close();
  EXPECT_EQ(History::open(path_)->entries().size(), 1000U);
  EXPECT_EQ(History::open(path_)->entries().back(), "select 2000;");
  EXPECT_EQ(mode(path_), 0600U);
}

TEST_F(HistoryTest, ThatCannotBeWrittenIsAnErrorThatNamesIt) {
  const auto history = History::open("/proc/nowhere/history");
  ASSERT_FALSE(history.ok());
  EXPECT_NE(history.error().message.find("/proc/nowhere"), std::string::npos);
}

TEST(HistoryEntry, IsKeptUnlessItBeginsWithABlankOrMayHoldASecret) {
  keep_out_of_messages(Secret("correct horse battery"));
  for (const char* const kept : {"select 1;", "\\d plays",
                                 "select * from etl_objects where uri like "
                                 "'s3://bucket/%' and '@' < ':'"}) {
    EXPECT_TRUE(is_kept(kept)) << kept;
  }
  for (const char* const left_out :
       {"", " select 1;", "\tselect 1;", "create user a PASSWORD 'b';", "create secret s (x);",
        "select 'https://me:pw@host/';", "select 'correct horse battery';"}) {
    EXPECT_FALSE(is_kept(left_out)) << left_out;
  }
  EXPECT_FALSE(is_kept(std::string(100'000, 'a')));
}

TEST(HistoryPath, IsBelowTheStateFolder) {
  EXPECT_EQ(history_path({{"XDG_STATE_HOME", "/s"}, {"HOME", "/h"}}), "/s/sparkify/history");
  EXPECT_EQ(history_path({{"XDG_STATE_HOME", "s"}, {"HOME", "/h"}}),
            "/h/.local/state/sparkify/history");
  EXPECT_EQ(history_path({}), std::nullopt);
}

}  // namespace
}  // namespace sparkify
