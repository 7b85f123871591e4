#include "cli/database_password.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "fakes/plain_user.h"

namespace sparkify {
namespace {

class DatabasePasswordTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/database_password_test.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    settings_.db_password_origin = "flag --it";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void given_file(std::string_view text, mode_t mode = 0600) {
    settings_.db_password_file = directory_ + "/word";
    std::ofstream(*settings_.db_password_file, std::ios::binary) << text;
    ASSERT_EQ(chmod(settings_.db_password_file->c_str(), mode), 0);
  }
  void given_command(const std::string& text) {
    settings_.db_password_file.reset();
    settings_.db_password_command = text;
  }

  // The password, or the error; what was said besides is in `said_`.
  std::string found() {
    testing::internal::CaptureStderr();
    const auto password = database_password(settings_, limits_);
    said_ = testing::internal::GetCapturedStderr();
    if (password.ok()) return password->reveal();
    EXPECT_EQ(password.error().kind, ErrorKind::config);
    EXPECT_EQ((password.error().message + said_).find("hunter2"), std::string::npos);
    return "error: " + without_directory(password.error().message);
  }
  std::string without_directory(std::string text) const {
    const auto at = text.find(directory_);
    return at == text.npos ? text : text.erase(at, directory_.size() + 1);
  }

  std::string directory_;
  Settings settings_;
  CommandLimits limits_;
  std::string said_;
};

TEST_F(DatabasePasswordTest, IsEmptyIfNoSettingHasIt) { EXPECT_EQ(found(), ""); }

TEST_F(DatabasePasswordTest, IsTheSettingItself) {
  settings_.db_password = Secret(std::string(" a\nb "));
  EXPECT_EQ(found(), " a\nb ");
}

TEST_F(DatabasePasswordTest, IsTheFirstLineOfAFile) {
  for (const char* text : {" a;'%#b ", " a;'%#b \n", " a;'%#b \r\n", " a;'%#b \nsecond\n"}) {
    given_file(text);
    EXPECT_EQ(found(), " a;'%#b ");
    EXPECT_EQ(said_, "");
  }
}

TEST_F(DatabasePasswordTest, WarnsOfAFileThatOthersCanRead) {
  for (const mode_t mode : {mode_t{0640}, mode_t{0604}, mode_t{0444}}) {
    given_file("hunter2\n", mode);
    EXPECT_EQ(found(), "hunter2");
    EXPECT_NE(said_.find("warning: "), std::string::npos);
    EXPECT_NE(said_.find("others can read the password in it (mode "), std::string::npos);
    EXPECT_NE(said_.find("run: chmod 600 " + directory_ + "/word"), std::string::npos);
  }
  given_file("hunter2\n", 0400);
  EXPECT_EQ(found(), "hunter2");
  EXPECT_EQ(said_, "");
}

// As Kubernetes has them.
TEST_F(DatabasePasswordTest, FollowsALinkToTheFile) {
  given_file("hunter2\n");
  const std::string link = directory_ + "/link";
  ASSERT_EQ(symlink("word", link.c_str()), 0);
  settings_.db_password_file = link;
  EXPECT_EQ(found(), "hunter2");
  EXPECT_EQ(said_, "");
}

TEST_F(DatabasePasswordTest, AFileWithoutAPasswordIsRefused) {
  for (const char* text : {"", "\n", "\r\n", "\nhunter2\n"}) {
    given_file(text);
    EXPECT_EQ(found(), "error: flag --it: word holds no password: the first line is empty");
  }
  given_file(std::string_view("hunter2\0x", 9));
  EXPECT_EQ(found(),
            "error: flag --it: word holds no password: there is a NUL byte in the first "
            "line");
  given_file("hunter2" + std::string(std::size_t{64} << 10, 'x'));
  EXPECT_EQ(found(),
            "error: flag --it: word: is longer than 65536 bytes, more than such a file "
            "should hold");
}

TEST_F(DatabasePasswordTest, AFileThatCannotBeReadIsRefused) {
  settings_.db_password_file = directory_ + "/nowhere";
  EXPECT_EQ(found(),
            "error: flag --it: nowhere: no such file; it is to hold the database's password");
  settings_.db_password_file = directory_;
  EXPECT_NE(found().find("cannot read it (Is a directory)"), std::string::npos);
  given_file("hunter2\n", 0000);
  const PlainUser user(directory_);
  ASSERT_TRUE(user.ok());
  EXPECT_EQ(found(), "error: flag --it: word: cannot read it (Permission denied)");
}

TEST_F(DatabasePasswordTest, IsTheFirstLineThatACommandPrints) {
  given_command("printf ' a\"%s%%#b \\r\\nsecond\\n' \"$((1 + 1))\" | cat");
  EXPECT_EQ(found(), " a\"2%#b ");
  given_command("echo why >&2; echo hunter2");
  EXPECT_EQ(found(), "hunter2");
  EXPECT_EQ(said_, "why\n");
}

TEST_F(DatabasePasswordTest, ACommandThatFailsIsRefused) {
  given_command("echo hunter2; exit 3");
  EXPECT_EQ(found(),
            "error: flag --it: the command for the password: /bin/sh ended with exit code "
            "3; run it by hand to see why");
  given_command("echo hunter2; kill -9 $$");
  EXPECT_NE(found().find("/bin/sh was ended by signal 9"), std::string::npos);
  given_command("no-such-command-anywhere");
  EXPECT_NE(found().find("exit code 127"), std::string::npos);
  EXPECT_NE(said_.find("no-such-command-anywhere"), std::string::npos);
  given_command("true");
  EXPECT_EQ(found(), "error: flag --it: the command printed no password: the first line is empty");
}

TEST_F(DatabasePasswordTest, ACommandIsBoundedInTimeAndSize) {
  limits_.timeout_s = 0.2;
  given_command("echo hunter2; sleep 30");
  EXPECT_NE(found().find("was not done after 0.2 s"), std::string::npos);
  limits_ = {};
  given_command("echo hunter2; head -c 65536 /dev/zero");
  EXPECT_NE(found().find("printed more than 65536 bytes"), std::string::npos);
}

}  // namespace
}  // namespace sparkify
