#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "doctor/duckdb_file.h"
#include "doctor/secret_files.h"
#include "fakes/plain_user.h"

namespace sparkify {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class DoctorFilesTest : public ::testing::Test {
 protected:
  DoctorFilesTest()
      : folder_(fs::temp_directory_path() / ("doctor_files_" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~DoctorFilesTest() override {
    fs::permissions(folder_, fs::perms::owner_all);
    fs::remove_all(folder_);
  }

  std::string make(const std::string& name, unsigned mode) {
    const fs::path path = folder_ / name;
    std::ofstream(path) << "x";
    fs::permissions(path, static_cast<fs::perms>(mode));
    return path.native();
  }

  const fs::path folder_;
};

TEST_F(DoctorFilesTest, ASecretForItsOwnerOnlyIsWell) {
  const std::string path = make("pass", 0600);
  const auto findings = check_secret_files({{path, "passwords"}, {path + ".not", "more"}});
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].health, Health::ok);
  EXPECT_THAT(findings[0].detail, HasSubstr(path));
  EXPECT_EQ(check_secret_files({{path + ".not", "more"}})[0].detail, "none is in use");
}

TEST_F(DoctorFilesTest, ASecretThatOthersMayUseIsAWarningWithItsFix) {
  for (const unsigned mode : {0640U, 0604U, 0620U, 0644U, 0666U}) {
    const std::string path = make("pass", mode);
    const auto findings = check_secret_files({{path, "passwords"}});
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].health, Health::warn) << mode;
    EXPECT_THAT(findings[0].detail, AllOf(HasSubstr(path), HasSubstr("passwords")));
    EXPECT_EQ(findings[0].fix, "run: chmod 600 " + path);
  }
}

TEST_F(DoctorFilesTest, ASecretThatWeCannotReadIsAWarning) {
  const std::string path = make("pass", 0);
  const PlainUser user(folder_);
  ASSERT_TRUE(user.ok());
  const auto findings = check_secret_files({{path, "passwords"}});
  EXPECT_EQ(findings[0].health, Health::warn);
  EXPECT_THAT(findings[0].detail, HasSubstr("Permission denied"));
}

TEST_F(DoctorFilesTest, AWarehouseNeedsItsFileAndItsFolder) {
  const std::string path = (folder_ / "w.duckdb").native();
  const PlainUser user(folder_);
  ASSERT_TRUE(user.ok());
  EXPECT_THAT(check_file_rights(path).detail, HasSubstr("the folder can be written"));
  make("w.duckdb", 0600);
  EXPECT_EQ(check_file_rights(path).health, Health::ok);
  fs::permissions(path, fs::perms::owner_read);
  EXPECT_EQ(check_file_rights(path).health, Health::fail);
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  const std::string lock = make("w.duckdb.lock", 0400);
  EXPECT_THAT(check_file_rights(path).detail, HasSubstr(lock));
  fs::remove(lock);
  EXPECT_EQ(check_file_rights(path).health, Health::ok);
  fs::permissions(folder_, fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_EQ(check_file_rights(path).health, Health::fail);
}

TEST_F(DoctorFilesTest, AFolderThatIsNotThereIsNamed) {
  const Finding finding = check_file_rights((folder_ / "none" / "w.duckdb").native());
  EXPECT_EQ(finding.health, Health::fail);
  EXPECT_THAT(finding.detail, HasSubstr((folder_ / "none").native()));
  EXPECT_EQ(check_free_disk((folder_ / "none" / "w.duckdb").native()).health, Health::warn);
}

TEST(DoctorDisk, RoomIsJudgedByABound) {
  EXPECT_EQ(judge_free_disk("/data", kFreeBytesGood).health, Health::ok);
  const Finding finding = judge_free_disk("/data", kFreeBytesGood - 1);
  EXPECT_EQ(finding.health, Health::warn);
  EXPECT_THAT(finding.detail, HasSubstr("/data"));
  EXPECT_THAT(judge_free_disk("/data", 0).detail, HasSubstr("0 B free"));
}

}  // namespace
}  // namespace sparkify
