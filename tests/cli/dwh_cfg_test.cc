#include "cli/dwh_cfg.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

namespace sparkify {
namespace {

Result<DwhCfg> parse(std::string_view text) { return parse_dwh_cfg(text, "dwh.cfg"); }

std::string value(const DwhCfg& cfg, std::string_view section, std::string_view key) {
  const DwhCfgValue* const found = cfg.find(section, key);
  return found == nullptr ? "(none)" : found->text.reveal();
}

// The value of DB_PASSWORD when `text` stands behind its =.
std::string password(const std::string& text) {
  const auto cfg = parse("[CLUSTER]\nDB_PASSWORD = " + text + "\n");
  return cfg.ok() ? value(*cfg, "CLUSTER", "DB_PASSWORD") : cfg.error().message;
}

std::string error_of(std::string_view text) {
  const auto cfg = parse(text);
  if (cfg.ok()) return "no error";
  EXPECT_EQ(cfg.error().kind, ErrorKind::config);
  return cfg.error().message;
}

TEST(DwhCfg, ReadsTheFileThatUsersHave) {
  const auto cfg = parse(
      "[CLUSTER]\nHOST=dwh.example.com\nDB_NAME=dev\nDB_USER=awsuser\nDB_PASSWORD=Pass\n"
      "DB_PORT=5439\n\n[IAM_ROLE]\nARN='arn:aws:iam::123456789012:role/dwh'\n\n[S3]\n"
      "LOG_DATA='s3://udacity-dend/log_data'\n"
      "LOG_JSONPATH='s3://udacity-dend/log_json_path.json'\n"
      "SONG_DATA='s3://udacity-dend/song_data'\n");
  ASSERT_TRUE(cfg.ok());
  EXPECT_EQ(value(*cfg, "CLUSTER", "HOST"), "dwh.example.com");
  EXPECT_EQ(value(*cfg, "CLUSTER", "DB_NAME"), "dev");
  EXPECT_EQ(value(*cfg, "CLUSTER", "DB_USER"), "awsuser");
  EXPECT_EQ(value(*cfg, "CLUSTER", "DB_PASSWORD"), "Pass");
  EXPECT_EQ(value(*cfg, "CLUSTER", "DB_PORT"), "5439");
  EXPECT_EQ(value(*cfg, "IAM_ROLE", "ARN"), "arn:aws:iam::123456789012:role/dwh");
  EXPECT_EQ(value(*cfg, "S3", "LOG_DATA"), "s3://udacity-dend/log_data");
  EXPECT_EQ(value(*cfg, "S3", "LOG_JSONPATH"), "s3://udacity-dend/log_json_path.json");
  EXPECT_EQ(value(*cfg, "S3", "SONG_DATA"), "s3://udacity-dend/song_data");
  EXPECT_TRUE(cfg->warnings.empty());
  EXPECT_EQ(cfg->origin(*cfg->find("S3", "LOG_DATA")), "dwh.cfg line 12");
}

TEST(DwhCfg, KnowsThePlacesOfAPassword) {
  const auto cfg = parse(
      "[CLUSTER]\nDB_PASSWORD_FILE = /run/secrets/dwh\ndb_password_command: pass show 'dwh' | "
      "head\n");
  ASSERT_TRUE(cfg.ok());
  EXPECT_EQ(value(*cfg, "CLUSTER", "DB_PASSWORD_FILE"), "/run/secrets/dwh");
  EXPECT_EQ(value(*cfg, "CLUSTER", "DB_PASSWORD_COMMAND"), "pass show 'dwh' | head");
  EXPECT_TRUE(cfg->warnings.empty());
}

TEST(DwhCfg, TakesOnePairOfQuotesOff) {
  EXPECT_EQ(password("'abc'"), "abc");
  EXPECT_EQ(password("\"abc\""), "abc");
  EXPECT_EQ(password("' abc '"), " abc ");
  EXPECT_EQ(password("\"'abc'\""), "'abc'");
  EXPECT_EQ(password("'abc"), "'abc");
  EXPECT_EQ(password("abc'"), "abc'");
  EXPECT_EQ(password("'abc\""), "'abc\"");
  EXPECT_EQ(password("'"), "'");
}

TEST(DwhCfg, KeepsEveryCharacterOfAPassword) {
  EXPECT_EQ(password("a ;b"), "a ;b");
  EXPECT_EQ(password("a #b"), "a #b");
  EXPECT_EQ(password("a;b#c"), "a;b#c");
  EXPECT_EQ(password("50%"), "50%");
  EXPECT_EQ(password("%(HOST)s"), "%(HOST)s");
  EXPECT_EQ(password("a=b:c"), "a=b:c");
  EXPECT_EQ(password("#start"), "#start");
  EXPECT_EQ(password(";start"), ";start");
  EXPECT_EQ(password("[x]"), "[x]");
  EXPECT_EQ(password("p\\n$HOME~`"), "p\\n$HOME~`");
  EXPECT_EQ(password("gr\xC3\xBC\xC3\x9F"), "gr\xC3\xBC\xC3\x9F");
}

// Python's configparser refuses a lone % and reads two as one.
TEST(DwhCfg, ReadsADoubledPercentAsConfigparserDoes) {
  EXPECT_EQ(password("50%%"), "50%");
  EXPECT_EQ(password("a%%%%b"), "a%%b");
  EXPECT_EQ(password("a%%%b"), "a%%b");
}

TEST(DwhCfg, SectionsAndKeysAreInAnyCase) {
  const auto cfg = parse("[cluster]\nhost = h\nDb_Name = n\n");
  ASSERT_TRUE(cfg.ok());
  EXPECT_EQ(value(*cfg, "CLUSTER", "HOST"), "h");
  EXPECT_EQ(value(*cfg, "CLUSTER", "DB_NAME"), "n");
}

TEST(DwhCfg, AColonSeparatesAsWellAndTheFirstSeparatorCounts) {
  const auto cfg = parse("[S3]\nLOG_DATA: s3://logs/a=b\nSONG_DATA = s3://songs\n");
  ASSERT_TRUE(cfg.ok());
  EXPECT_EQ(value(*cfg, "S3", "LOG_DATA"), "s3://logs/a=b");
  EXPECT_EQ(value(*cfg, "S3", "SONG_DATA"), "s3://songs");
}

TEST(DwhCfg, LogJsonPathIsAnotherNameForLogJsonpath) {
  const auto cfg = parse("[S3]\nLOG_JSON_PATH='s3://logs/paths.json'\n");
  ASSERT_TRUE(cfg.ok());
  EXPECT_EQ(value(*cfg, "S3", "LOG_JSONPATH"), "s3://logs/paths.json");
  EXPECT_TRUE(cfg->warnings.empty());
}

TEST(DwhCfg, CommentsAreWholeLines) {
  const auto cfg = parse("# one\n; two\n  # three = 3\n[S3] ; about storage\n;LOG_DATA = x\n");
  ASSERT_TRUE(cfg.ok());
  EXPECT_TRUE(cfg->values.empty());
  EXPECT_TRUE(cfg->warnings.empty());
}

TEST(DwhCfg, AcceptsByteOrderMarkCarriageReturnsAndAMissingLastNewline) {
  const auto cfg = parse("\xEF\xBB\xBF[CLUSTER]\r\nHOST = h\r\n\r\nDB_NAME = 'n'\r");
  ASSERT_TRUE(cfg.ok());
  EXPECT_EQ(value(*cfg, "CLUSTER", "HOST"), "h");
  EXPECT_EQ(value(*cfg, "CLUSTER", "DB_NAME"), "n");
}

TEST(DwhCfg, AnEmptyValueIsNotSet) {
  const auto cfg = parse("[CLUSTER]\nHOST=\nDB_NAME=''\n");
  ASSERT_TRUE(cfg.ok());
  EXPECT_EQ(cfg->find("CLUSTER", "HOST"), nullptr);
  EXPECT_EQ(cfg->find("CLUSTER", "DB_NAME"), nullptr);
}

TEST(DwhCfg, AnEmptyFileSaysNothing) {
  EXPECT_TRUE(parse("")->values.empty());
  EXPECT_TRUE(parse("\xEF\xBB\xBF")->values.empty());
}

TEST(DwhCfg, WarnsOfAnUnknownKeyWithTheNearestKnownOne) {
  const auto cfg = parse("[CLUSTER]\n\nDB_PASSWROD = hunter2\n");
  ASSERT_TRUE(cfg.ok());
  ASSERT_EQ(cfg->warnings.size(), 1U);
  EXPECT_EQ(cfg->warnings[0],
            "dwh.cfg line 3: key DB_PASSWROD in [CLUSTER] is unknown and not used; "
            "did you mean DB_PASSWORD?");
}

TEST(DwhCfg, WarnsOfAKeyInTheWrongSection) {
  const auto cfg = parse("[SPARKIFY]\ndb_password = hunter2\n");
  ASSERT_TRUE(cfg.ok());
  ASSERT_EQ(cfg->warnings.size(), 1U);
  EXPECT_EQ(cfg->warnings[0],
            "dwh.cfg line 2: key db_password is not used in [SPARKIFY]; it belongs into [CLUSTER]");
}

TEST(DwhCfg, ListsTheKnownKeysWhereNoneIsNear) {
  const auto cfg = parse("[IAM_ROLE]\nDURATION = 3600\n");
  ASSERT_EQ(cfg->warnings.size(), 1U);
  EXPECT_EQ(cfg->warnings[0],
            "dwh.cfg line 2: key DURATION in [IAM_ROLE] is unknown and not used; known here: ARN");
}

TEST(DwhCfg, WarnsOfAnUnknownSectionOnceAndReadsOn) {
  const auto cfg = parse("[CLUSTR]\nHOST = a\nDB_NAME = b\n[S3]\nLOG_DATA = c\n");
  ASSERT_TRUE(cfg.ok());
  ASSERT_EQ(cfg->warnings.size(), 1U);
  EXPECT_EQ(cfg->warnings[0],
            "dwh.cfg line 1: section [CLUSTR] is unknown and not used; did you mean CLUSTER?");
  EXPECT_EQ(cfg->find("CLUSTER", "HOST"), nullptr);
  EXPECT_EQ(value(*cfg, "S3", "LOG_DATA"), "c");
}

TEST(DwhCfg, DoesNotDrownTheReaderInWarnings) {
  std::string text = "[S3]\n";
  for (int i = 0; i < 1000; ++i) text += "LOG_DATE = x\n";
  const auto cfg = parse(text);
  ASSERT_TRUE(cfg.ok());
  EXPECT_EQ(cfg->warnings.size(), 21U);
  EXPECT_EQ(cfg->warnings.back(), "dwh.cfg: 980 more warnings of this kind");
}

TEST(DwhCfg, RefusesALineThatIsNoSettingAndDoesNotShowIt) {
  for (const char* line : {"hunter2", "DB_PASSWORD hunter2", "DB_PASSWORD hunter2=x", "= hunter2",
                           "hunter2\x1b[0m = 1"}) {
    const std::string error = error_of(std::string("[CLUSTER]\nHOST = h\n") + line + "\n");
    EXPECT_EQ(error.find("dwh.cfg line 3: neither 'key = value'"), 0U) << error;
    EXPECT_EQ(error.find("hunter2"), std::string::npos);
  }
}

TEST(DwhCfg, RefusesABrokenSection) {
  for (const char* line : {"[CLUSTER", "[]", "[ ]", "[S3] LOG_DATA", "[a b]"}) {
    EXPECT_EQ(error_of(std::string("\n") + line),
              "dwh.cfg line 2: starts with [ and is no [SECTION]")
        << line;
  }
}

TEST(DwhCfg, RefusesAKeyBeforeAnySection) {
  EXPECT_EQ(error_of("HOST = h\n"),
            "dwh.cfg line 1: HOST stands before any section; put a line such as [CLUSTER] above");
}

TEST(DwhCfg, RefusesAKeyThatIsSetTwiceAndNamesBothLines) {
  EXPECT_EQ(error_of("[S3]\nLOG_JSONPATH = a\nLOG_JSON_PATH = b\n"),
            "dwh.cfg line 3: [S3] LOG_JSONPATH is already set on line 2; keep one of the two");
  EXPECT_EQ(error_of("[S3]\nLOG_DATA =\nlog_data = b\n"),
            "dwh.cfg line 3: [S3] LOG_DATA is already set on line 2; keep one of the two");
}

TEST(DwhCfg, RefusesNulBytes) {
  const std::string text("[CLUSTER]\nHOST = a\0b\n", 21);
  EXPECT_EQ(error_of(text), "dwh.cfg line 2: a NUL byte: this is no plain text file");
}

TEST(DwhCfg, ShowsAFileNameSafely) {
  EXPECT_EQ(parse_dwh_cfg("x", "a\x1b[31m.cfg").error().message.find('\x1b'), std::string::npos);
}

class DwhCfgFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/dwh_cfg_test.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    path_ = directory_ + "/dwh.cfg";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  void given(const std::string& text, mode_t mode) {
    std::ofstream(path_, std::ios::binary) << text;
    ASSERT_EQ(chmod(path_.c_str(), mode), 0);
  }

  std::string directory_;
  std::string path_;
};

TEST_F(DwhCfgFileTest, AFileThatIsNotThereIsNoError) {
  const auto cfg = read_dwh_cfg(path_);
  ASSERT_TRUE(cfg.ok());
  EXPECT_FALSE(cfg->has_value());
}

TEST_F(DwhCfgFileTest, ADirectoryIsRefused) {
  const auto cfg = read_dwh_cfg(directory_);
  ASSERT_FALSE(cfg.ok());
  EXPECT_EQ(cfg.error().kind, ErrorKind::config);
  EXPECT_EQ(cfg.error().message,
            directory_ + ": cannot read the configuration file (Is a directory)");
}

TEST_F(DwhCfgFileTest, WarnsOfAPasswordThatOthersCanRead) {
  given("[CLUSTER]\nDB_PASSWORD = hunter2\n", 0644);
  const auto cfg = read_dwh_cfg(path_);
  ASSERT_EQ((*cfg)->warnings.size(), 1U);
  EXPECT_EQ((*cfg)->warnings[0],
            path_ + ": others can read the password in it (mode 644); run: chmod 600 " + path_);
}

TEST_F(DwhCfgFileTest, ACommandInAFileThatOthersCanWriteIsRefused) {
  for (const auto& [mode, shown] : {std::pair{0620, "620"}, std::pair{0602, "602"}}) {
    given("[CLUSTER]\nDB_PASSWORD_COMMAND = echo hunter2\n", static_cast<mode_t>(mode));
    const auto cfg = read_dwh_cfg(path_);
    ASSERT_FALSE(cfg.ok());
    EXPECT_EQ(cfg.error().kind, ErrorKind::config);
    EXPECT_EQ(cfg.error().message,
              path_ +
                  " line 2: DB_PASSWORD_COMMAND is a command to run, but the file can be "
                  "written by others (mode " +
                  shown + "); run: chmod go-w " + path_);
  }
  given("[CLUSTER]\nDB_PASSWORD_COMMAND = echo hunter2\n", 0644);
  EXPECT_TRUE(read_dwh_cfg(path_).ok()) << "a command is no secret";
  given("[CLUSTER]\nHOST = h\n", 0666);
  EXPECT_TRUE(read_dwh_cfg(path_).ok());
  if (geteuid() != 0) return;  // only root can give a file away
  given("[CLUSTER]\nDB_PASSWORD_COMMAND = echo hunter2\n", 0644);
  constexpr uid_t kNobody = 65534;
  ASSERT_EQ(chown(path_.c_str(), kNobody, kNobody), 0);
  EXPECT_NE(read_dwh_cfg(path_).error().message.find("belongs to another user"), std::string::npos);
}

TEST_F(DwhCfgFileTest, DoesNotWarnOfAPrivateFileOrOneWithoutPassword) {
  given("[CLUSTER]\nDB_PASSWORD = hunter2\n", 0600);
  EXPECT_TRUE((*read_dwh_cfg(path_))->warnings.empty());
  given("[CLUSTER]\nDB_PASSWORD =\n", 0644);
  EXPECT_TRUE((*read_dwh_cfg(path_))->warnings.empty());
}

TEST_F(DwhCfgFileTest, RefusesMoreThanOneMebibyteAndTakesExactlyThat) {
  const std::size_t mebibyte = std::size_t{1} << 20;
  given(std::string(mebibyte, '\n'), 0600);
  EXPECT_TRUE(read_dwh_cfg(path_).ok());
  given(std::string(mebibyte + 1, '\n'), 0600);
  const auto cfg = read_dwh_cfg(path_);
  ASSERT_FALSE(cfg.ok());
  EXPECT_EQ(cfg.error().message,
            path_ + ": larger than 1 MiB; this is hardly a configuration file");
}

}  // namespace
}  // namespace sparkify
