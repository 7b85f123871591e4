#include "warehouse/duckdb/file_copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "fakes/plain_user.h"

namespace sparkify {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class FileCopyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/file_copy_test.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    fs::create_directory(root_ / "data");
    path_ = (root_ / "data" / "w.duckdb").native();
    write(path_, std::string(20'000, 'd'));
  }
  void TearDown() override { fs::remove_all(root_); }

  static void write(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }
  static std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  Result<FileCopy> copy() const { return FileCopy::make(path_, "duckdb:w.duckdb"); }
  static std::size_t entries(const fs::path& folder) {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
  }

  fs::path root_;
  std::string path_;
};

TEST_F(FileCopyTest, HasTheFileAndItsLogAndLeavesNothing) {
  write(path_ + ".wal", "the log");
  {
    const auto made = copy();
    ASSERT_TRUE(made.ok()) << made.error().message;
    EXPECT_EQ(read(made->path()), read(path_));
    EXPECT_EQ(read(made->path() + ".wal"), "the log");
    EXPECT_EQ(fs::path(made->path()).parent_path().parent_path(), root_ / "data");
    made->unlink();
    EXPECT_FALSE(fs::exists(made->path()));
    EXPECT_FALSE(fs::exists(made->path() + ".wal"));
  }
  EXPECT_EQ(entries(root_ / "data"), 2);
}

TEST_F(FileCopyTest, AFileWithoutALogIsCopiedWithoutOne) {
  const auto made = copy();
  ASSERT_TRUE(made.ok()) << made.error().message;
  EXPECT_FALSE(fs::exists(made->path() + ".wal"));
}

TEST_F(FileCopyTest, WhatAKillLeftBehindGoesAndWhatIsInUseStays) {
  const fs::path left = path_ + ".view-abcdef";
  fs::create_directory(left);
  write(left / "w.duckdb", "old");
  write(path_ + ".view-of-somebody.txt", "not ours: no folder");
  const auto first = copy();
  ASSERT_TRUE(first.ok());
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(path_ + ".view-of-somebody.txt"));
  const auto second = copy();
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(read(first->path()), read(path_));
  EXPECT_EQ(read(second->path()), read(path_));
}

// It only has a name like ours.
TEST_F(FileCopyTest, AFolderThatHoldsSomethingElseStays) {
  const fs::path other = root_ / "data" / "w.duckdb.view-mydata";
  fs::create_directories(other / "sub");
  write(other / "sub" / "important.txt", "mine");
  ASSERT_TRUE(copy().ok());
  EXPECT_EQ(read(other / "sub" / "important.txt"), "mine");
}

TEST_F(FileCopyTest, WhoMayNotWriteBesideTheFileHasACopyElsewhere) {
  fs::create_directory(root_ / "tmp");
  fs::permissions(root_ / "data", fs::perms(0555));
  fs::permissions(root_, fs::perms(0755));
  ASSERT_EQ(::setenv("TMPDIR", (root_ / "tmp").c_str(), 1), 0);
  {
    const PlainUser plain(root_ / "tmp");
    ASSERT_TRUE(plain.ok());
    const auto made = copy();
    ASSERT_TRUE(made.ok()) << made.error().message;
    EXPECT_EQ(fs::path(made->path()).parent_path().parent_path(), root_ / "tmp");
    EXPECT_EQ(read(made->path()), read(path_));
  }
  EXPECT_EQ(entries(root_ / "tmp"), 0);
  ASSERT_EQ(::unsetenv("TMPDIR"), 0);
}

TEST_F(FileCopyTest, WhatCannotBeReadIsAnErrorThatNamesTheWarehouse) {
  fs::remove(path_);
  const auto made = copy();
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().kind, ErrorKind::database);
  EXPECT_THAT(made.error().message, HasSubstr("duckdb:w.duckdb"));
  EXPECT_THAT(made.error().message, HasSubstr("No such file"));
  EXPECT_EQ(entries(root_ / "data"), 0);
}

}  // namespace
}  // namespace sparkify
