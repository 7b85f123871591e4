#include "cli/settings.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <concepts>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <type_traits>
#include <vector>

namespace sparkify {
namespace {

template <typename T>
concept Streamable = requires(std::ostream& stream, const T& value) {
  stream << value;
};

static_assert(Streamable<std::string> && !Streamable<Secret>);
static_assert(!std::equality_comparable<Secret>);
static_assert(!fmt::is_formattable<Secret>::value);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<std::string, Secret>);

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

constexpr std::string_view kCluster =
    "[CLUSTER]\nHOST=dwh.example.com\nDB_NAME=dev\nDB_USER=awsuser\nDB_PASSWORD=Pass\n"
    "DB_PORT=5440\n";

class SettingsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "/settings_test.XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    sources_.default_config_path = directory_ + "/dwh.cfg";
    sources_.machine = Machine{8, 16384 * kMiB};
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string given_file(const std::string& name, std::string_view text) {
    const std::string path = directory_ + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    EXPECT_EQ(chmod(path.c_str(), 0600), 0);
    return path;
  }
  void given_config(std::string_view text) { given_file("dwh.cfg", text); }

  // The settings; a test that expects them fails with the error otherwise.
  Settings resolved() const {
    auto settings = resolve_settings(sources_);
    if (settings.ok()) return *std::move(settings);
    ADD_FAILURE() << settings.error().message;
    return {};
  }
  // The error's message, without the directory of this test.
  std::string error(ErrorKind kind = ErrorKind::config) const {
    const auto settings = resolve_settings(sources_);
    if (settings.ok()) return "no error";
    EXPECT_EQ(settings.error().kind, kind);
    return without_directory(settings.error().message);
  }
  std::string without_directory(std::string text) const {
    for (auto at = text.find(directory_); at != text.npos; at = text.find(directory_)) {
      text.erase(at, directory_.size() + 1);
    }
    return text;
  }
  static void expect_three_ways(const std::string& message) {
    for (const char* way : {"SPARKIFY_DB_PASSWORD;", "--db-password-file", "(mode 600)",
                            "DB_PASSWORD under [CLUSTER] in dwh.cfg", "--db-password-command"}) {
      EXPECT_NE(message.find(way), std::string::npos) << way << " in " << message;
    }
  }
  // `value` and `origin` as `sparkify config` shows them.
  std::string shown(std::string_view name) const {
    for (const Setting& setting : resolved().shown) {
      if (setting.name == name) return setting.value + " <- " + without_directory(setting.origin);
    }
    return "(not shown)";
  }

  std::string directory_;
  SettingSources sources_;
};

TEST_F(SettingsTest, DefaultsNeedNothing) {
  const Settings settings = resolved();
  EXPECT_EQ(settings.warehouse, "duckdb:sparkify.duckdb");
  EXPECT_FALSE(settings.log_data.has_value());
  EXPECT_FALSE(settings.song_data.has_value());
  EXPECT_FALSE(settings.log_jsonpath.has_value());
  EXPECT_EQ(settings.stage, Settings::Stage::automatic);
  EXPECT_FALSE(settings.iam_role.has_value());
  EXPECT_FALSE(settings.s3.profile.has_value());
  EXPECT_FALSE(settings.s3.region.has_value());
  EXPECT_FALSE(settings.s3.endpoint_url.has_value());
  EXPECT_TRUE(settings.s3.sign_request);
  EXPECT_FALSE(settings.s3.requester_pays);
  EXPECT_EQ(settings.s3.addressing, S3Settings::Addressing::automatic);
  EXPECT_EQ(settings.s3.transfers, 32U);
  EXPECT_TRUE(settings.db_password.empty());
  EXPECT_EQ(settings.threads, 8U);
  EXPECT_EQ(settings.memory_limit_bytes, 4096 * kMiB);
  EXPECT_FALSE(settings.max_rejects.has_value());
  EXPECT_EQ(settings.log_format, LogFormat::text);
  EXPECT_FALSE(settings.group_bytes.has_value());
  EXPECT_FALSE(settings.block_bytes.has_value());
  EXPECT_TRUE(settings.warnings.empty());
}

TEST_F(SettingsTest, ShowsEverySettingInOrderWithItsOrigin) {
  std::vector<std::string> lines;
  for (const Setting& each : resolved().shown) {
    lines.push_back(each.name + " = " + each.value + " <- " + each.origin);
  }
  const std::vector<std::string> expected = {
      "warehouse = duckdb:sparkify.duckdb <- default",
      "schema = (not set) <- default",
      "log_data = (not set) <- default",
      "song_data = (not set) <- default",
      "log_jsonpath = (not set) <- default",
      "control = (not set) <- default",
      "stage = auto <- default",
      "iam_role = (not set) <- default",
      "iam_auth = false <- default",
      "cluster = (not set) <- default",
      "workgroup = (not set) <- default",
      "profile = (not set) <- default",
      "region = (not set) <- default",
      "endpoint_url = (not set) <- default",
      "no_sign_request = false <- default",
      "request_payer = (not set) <- default",
      "addressing = auto <- default",
      "transfers = 32 <- default",
      "db_password = (not set) <- default",
      "db_password_file = (not set) <- default",
      "db_password_command = (not set) <- default",
      "threads = 8 <- default",
      "memory_limit = 4 GiB <- default",
      "max_rejects = none <- default",
      "log_format = text <- default",
  };
  EXPECT_EQ(lines, expected);
}

TEST_F(SettingsTest, DefaultsStayInBoundsOnSmallHugeAndUnknownMachines) {
  sources_.machine = Machine{1, 512 * kMiB};
  EXPECT_EQ(resolved().memory_limit_bytes, 256 * kMiB);
  sources_.machine = Machine{1024, 0};
  EXPECT_EQ(resolved().memory_limit_bytes, 256 * kMiB);
  EXPECT_EQ(resolved().threads, 256U);
}

TEST_F(SettingsTest, TheDefaultsOfThisMachineCanBeFound) {
  sources_.machine.reset();
  EXPECT_GE(resolved().threads, 1U);
  EXPECT_GE(resolved().memory_limit_bytes, 256 * kMiB);
}

struct Precedence {
  const char* name;
  const char* section;
  const char* key;
  const char* variable;
  const char* flag_name;
  const char* in_file;
  const char* in_environment;
  const char* in_flag;
};

void PrintTo(const Precedence& precedence, std::ostream* out) { *out << precedence.name; }

class PrecedenceTest : public SettingsTest, public ::testing::WithParamInterface<Precedence> {};

TEST_P(PrecedenceTest, FlagBeatsEnvironmentBeatsFileBeatsDefault) {
  const Precedence& p = GetParam();
  EXPECT_NE(shown(p.name).find(" <- default"), std::string::npos);
  given_config(fmt::format("[{}]\n{} = {}\n", p.section, p.key, p.in_file));
  EXPECT_EQ(shown(p.name), fmt::format("{} <- dwh.cfg line 2", p.in_file));
  sources_.environment[p.variable] = p.in_environment;
  EXPECT_EQ(shown(p.name), fmt::format("{} <- environment {}", p.in_environment, p.variable));
  sources_.flags[p.name] = p.in_flag;
  EXPECT_EQ(shown(p.name), fmt::format("{} <- flag {}", p.in_flag, p.flag_name));
}

INSTANTIATE_TEST_SUITE_P(
    EverySetting, PrecedenceTest,
    ::testing::Values(
        Precedence{"warehouse", "SPARKIFY", "WAREHOUSE", "SPARKIFY_WAREHOUSE", "--warehouse",
                   "duckdb:a.db", "duckdb:b.db", "postgresql://me@db/c"},
        Precedence{"log_data", "S3", "LOG_DATA", "SPARKIFY_LOG_DATA", "--log-data", "s3://a",
                   "s3://b", "c"},
        Precedence{"song_data", "S3", "SONG_DATA", "SPARKIFY_SONG_DATA", "--song-data", "s3://a",
                   "s3://b", "c"},
        Precedence{"log_jsonpath", "S3", "LOG_JSONPATH", "SPARKIFY_LOG_JSONPATH", "--log-jsonpath",
                   "s3://a", "s3://b", "c"},
        Precedence{"profile", "S3", "PROFILE", "SPARKIFY_PROFILE", "--profile", "a", "b", "c"},
        Precedence{"region", "S3", "REGION", "SPARKIFY_REGION", "--region", "us-west-2",
                   "eu-west-1", "cn-north-1"},
        Precedence{"endpoint_url", "S3", "ENDPOINT_URL", "SPARKIFY_ENDPOINT_URL", "--endpoint-url",
                   "http://a:1", "http://b:2", "https://c"},
        Precedence{"no_sign_request", "S3", "NO_SIGN_REQUEST", "SPARKIFY_NO_SIGN_REQUEST",
                   "--no-sign-request", "true", "false", "true"},
        Precedence{"request_payer", "S3", "REQUEST_PAYER", "SPARKIFY_REQUEST_PAYER",
                   "--request-payer", "requester", "requester", "requester"},
        Precedence{"addressing", "S3", "ADDRESSING", "SPARKIFY_ADDRESSING", "--addressing", "path",
                   "virtual", "auto"},
        Precedence{"transfers", "S3", "TRANSFERS", "SPARKIFY_TRANSFERS", "--transfers", "1", "256",
                   "8"},
        Precedence{"stage", "S3", "STAGE", "SPARKIFY_STAGE", "--stage", "compact", "direct",
                   "auto"},
        Precedence{"control", "S3", "CONTROL", "SPARKIFY_CONTROL", "--control", "s3://a", "s3://b",
                   "s3://c"},
        Precedence{"iam_auth", "CLUSTER", "IAM_AUTH", "SPARKIFY_IAM_AUTH", "--iam-auth", "true",
                   "false", "true"},
        Precedence{"cluster", "CLUSTER", "IDENTIFIER", "SPARKIFY_CLUSTER", "--cluster", "a", "b",
                   "c"},
        Precedence{"workgroup", "CLUSTER", "WORKGROUP", "SPARKIFY_WORKGROUP", "--workgroup", "a",
                   "b", "c"},
        Precedence{"iam_role", "IAM_ROLE", "ARN", "SPARKIFY_IAM_ROLE", "--iam-role", "arn:a",
                   "arn:b", "arn:c"},
        Precedence{"threads", "SPARKIFY", "THREADS", "SPARKIFY_THREADS", "--threads", "2", "3",
                   "4"},
        Precedence{"memory_limit", "SPARKIFY", "MEMORY_LIMIT", "SPARKIFY_MEMORY_LIMIT",
                   "--memory-limit", "1 GiB", "2 GiB", "3 GiB"},
        Precedence{"max_rejects", "SPARKIFY", "MAX_REJECTS", "SPARKIFY_MAX_REJECTS",
                   "--max-rejects", "0", "5", "none"},
        Precedence{"log_format", "SPARKIFY", "LOG_FORMAT", "SPARKIFY_LOG_FORMAT", "--log-format",
                   "json", "text", "json"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(SettingsTest, AnEmptyVariableIsNotSet) {
  given_config("[SPARKIFY]\nTHREADS = 2\n");
  sources_.environment["SPARKIFY_THREADS"] = "";
  EXPECT_EQ(shown("threads"), "2 <- dwh.cfg line 2");
}

TEST_F(SettingsTest, AnEmptyFlagIsRefused) {
  sources_.flags["log_data"] = "";
  EXPECT_EQ(error(), "flag --log-data: its value is empty; give one");
}

TEST_F(SettingsTest, TheConfigFlagReplacesTheDefaultFile) {
  given_config("[SPARKIFY]\nTHREADS = 2\nLOG_FORMAT = json\n");
  sources_.config_path = given_file("other.cfg", "[SPARKIFY]\nTHREADS = 3\n");
  EXPECT_EQ(shown("threads"), "3 <- other.cfg line 2");
  EXPECT_EQ(shown("log_format"), "text <- default");
}

TEST_F(SettingsTest, AConfigFileThatWasAskedForMustExist) {
  sources_.config_path = directory_ + "/nowhere.cfg";
  EXPECT_EQ(error(),
            "nowhere.cfg: no such file; correct the path after --config, or leave the flag out");
}

TEST_F(SettingsTest, AWrongLineInTheFileIsAnError) {
  given_config("[S3]\nLOG_DATA\n");
  EXPECT_EQ(error().find("dwh.cfg line 2: neither"), 0U);
}

TEST_F(SettingsTest, WarningsOfTheFileAreHandedOn) {
  given_config("[SPARKIFY]\nTHREAD = 2\n");
  const Settings settings = resolved();
  ASSERT_EQ(settings.warnings.size(), 1U);
  EXPECT_EQ(without_directory(settings.warnings[0]),
            "dwh.cfg line 2: key THREAD in [SPARKIFY] is unknown and not used; "
            "did you mean THREADS?");
}

TEST_F(SettingsTest, WarnsOfUnknownVariablesOfOurs) {
  sources_.environment = {{"SPARKIFY_THREAD", "2"}, {"PATH", "/bin"}, {"SPARK_HOME", "/opt"}};
  const Settings settings = resolved();
  ASSERT_EQ(settings.warnings.size(), 1U);
  EXPECT_EQ(settings.warnings[0],
            "environment SPARKIFY_THREAD is unknown and not used; did you mean SPARKIFY_THREADS?");
}

TEST_F(SettingsTest, ListsTheKnownVariablesWhereNoneIsNear) {
  sources_.environment = {{"SPARKIFY_COLOURFUL", "yes"}};
  const Settings settings = resolved();
  ASSERT_EQ(settings.warnings.size(), 1U);
  EXPECT_NE(settings.warnings[0].find("known variables: SPARKIFY_WAREHOUSE, "), std::string::npos);
  EXPECT_EQ(settings.warnings[0].find("GROUP_BYTES"), std::string::npos);
}

TEST_F(SettingsTest, TheClusterSectionNamesAWarehouse) {
  given_config(kCluster);
  const Settings settings = resolved();
  EXPECT_EQ(settings.warehouse, "redshift://awsuser@dwh.example.com:5440/dev");
  EXPECT_EQ(settings.db_password.reveal(), "Pass");
  EXPECT_EQ(shown("warehouse"), "redshift://awsuser@dwh.example.com:5440/dev <- dwh.cfg [CLUSTER]");
  EXPECT_EQ(shown("db_password"), "(set) <- dwh.cfg line 5");
}

TEST_F(SettingsTest, AnyOtherPlaceBeatsTheClusterSection) {
  given_config(std::string(kCluster) + "[SPARKIFY]\nWAREHOUSE = duckdb:a.db\n");
  EXPECT_EQ(shown("warehouse"), "duckdb:a.db <- dwh.cfg line 8");
  given_config(kCluster);
  sources_.environment["SPARKIFY_WAREHOUSE"] = "duckdb:b.db";
  EXPECT_EQ(shown("warehouse"), "duckdb:b.db <- environment SPARKIFY_WAREHOUSE");
  sources_.flags["warehouse"] = "duckdb:c.db";
  EXPECT_EQ(shown("warehouse"), "duckdb:c.db <- flag --warehouse");
}

TEST_F(SettingsTest, AClusterWithoutHostNamesNoWarehouse) {
  given_config("[CLUSTER]\nHOST=\nDB_NAME=dev\nDB_USER=awsuser\n");
  EXPECT_EQ(shown("warehouse"), "duckdb:sparkify.duckdb <- default");
}

TEST_F(SettingsTest, ClusterNamesAreEncodedAndThePortHasADefault) {
  given_config("[CLUSTER]\nHOST=h\nDB_NAME=d/ev\nDB_USER=IAM:me@x\n");
  EXPECT_EQ(resolved().warehouse, "redshift://IAM%3Ame%40x@h:5439/d%2Fev");
  given_config("[CLUSTER]\nHOST=::1\nDB_NAME=d\nDB_USER=u\n");
  EXPECT_EQ(resolved().warehouse, "redshift://u@[::1]:5439/d");
}

TEST_F(SettingsTest, AClusterWithAPasswordInANameIsRefusedWithoutShowingIt) {
  for (const char* names :
       {"DB_NAME=dev?password=hunter2\nDB_USER=u\n", "DB_NAME=dev\nDB_USER=u pwd=hunter2\n"}) {
    given_config(std::string("[CLUSTER]\nHOST=h\n") + names);
    EXPECT_NE(error().find("[CLUSTER] DB_USER or DB_NAME seems to hold a password"),
              std::string::npos);
    EXPECT_EQ(error().find("hunter2"), std::string::npos);
  }
}

TEST_F(SettingsTest, AnIncompleteClusterIsRefused) {
  given_config("[CLUSTER]\nHOST=h\nDB_NAME=d\n");
  EXPECT_EQ(error(),
            "dwh.cfg line 2: [CLUSTER] HOST is set, but DB_USER is not; set it in the same "
            "section, or choose the warehouse by --warehouse");
  given_config("[CLUSTER]\nHOST=h\nDB_USER=u\n");
  EXPECT_NE(error().find("DB_NAME is not"), std::string::npos);
  sources_.flags["warehouse"] = "duckdb:a.db";
  EXPECT_EQ(error(), "no error");
}

TEST_F(SettingsTest, AClusterWithAWrongHostOrPortIsRefused) {
  for (const char* host : {"h:5439/dev", "<your endpoint>", "u:pw@h", "h?x=y"}) {
    given_config(fmt::format("[CLUSTER]\nHOST={}\nDB_NAME=d\nDB_USER=u\n", host));
    EXPECT_EQ(error().find("dwh.cfg line 2: [CLUSTER] HOST is no host name"), 0U) << host;
  }
  for (const char* port : {"0", "65536", "abc", "5439/dev"}) {
    given_config(fmt::format("[CLUSTER]\nHOST=h\nDB_NAME=d\nDB_USER=u\nDB_PORT={}\n", port));
    EXPECT_EQ(error(), fmt::format("dwh.cfg line 5: '{}' is no port (DB_PORT); give a whole number "
                                   "from 1 to 65535",
                                   port));
  }
}

TEST_F(SettingsTest, ThePasswordOfTheEnvironmentBeatsTheFile) {
  given_config(kCluster);
  sources_.environment["SPARKIFY_DB_PASSWORD"] = "other ;#%%word";
  EXPECT_EQ(resolved().db_password.reveal(), "other ;#%%word");
  EXPECT_EQ(shown("db_password"), "(set) <- environment SPARKIFY_DB_PASSWORD");
}

TEST_F(SettingsTest, APasswordOfTheFileKeepsItsOddCharacters) {
  given_config("[CLUSTER]\nDB_PASSWORD = 'a% ;b #c'\n");
  EXPECT_EQ(resolved().db_password.reveal(), "a% ;b #c");
}

TEST_F(SettingsTest, APasswordFlagIsRefusedAndNotShown) {
  sources_.flags["db_password"] = "hunter2";
  const std::string message = error(ErrorKind::usage);
  EXPECT_EQ(message.find("a password on the command line is refused"), 0U);
  expect_three_ways(message);
  EXPECT_EQ(message.find("hunter2"), std::string::npos);
}

TEST_F(SettingsTest, KeysOfAwsInAPlaceAreRefusedWhereverItComesFromAndNotShown) {
  for (const char* name : {"log_data", "song_data", "log_jsonpath", "control"}) {
    for (const char* place : {"s3://AKIDEXAMPLE:hunter2@bucket/x", "s3a://AKIDEXAMPLE:hun/ter2@b/x",
                              "https://b.s3.amazonaws.com/x?X-Amz-Signature=hunter2"}) {
      sources_.flags = {{name, place}};
      const std::string message = error();
      EXPECT_EQ(message.find("flag --"), 0U);
      EXPECT_NE(message.find("seems to hold keys of AWS"), std::string::npos) << message;
      for (const char* part : {"AWS_ACCESS_KEY_ID", "~/.aws/credentials", "credential_process"}) {
        EXPECT_NE(message.find(part), std::string::npos) << part;
      }
      EXPECT_EQ(message.find("AKIDEXAMPLE"), std::string::npos);
      EXPECT_EQ(message.find("ter2"), std::string::npos);
    }
  }
  sources_.flags = {};
  given_config("[S3]\nLOG_DATA = s3://AKIDEXAMPLE:hunter2@bucket/x\n");
  EXPECT_EQ(error().find("dwh.cfg line 2: the address seems to hold keys"), 0U);
}

// --- The three places of the password ---

TEST_F(SettingsTest, APasswordMayBeInAFileOrComeFromACommand) {
  given_config("[CLUSTER]\nDB_PASSWORD_FILE = '/run/a b'\n");
  EXPECT_EQ(resolved().db_password_file, "/run/a b");
  EXPECT_EQ(shown("db_password_file"), "/run/a b <- dwh.cfg line 2");
  given_config("[CLUSTER]\nDB_PASSWORD_COMMAND = pass show 'a%%b' # c\n");
  EXPECT_EQ(resolved().db_password_command, "pass show 'a%b' # c");
  EXPECT_EQ(without_directory(resolved().db_password_origin), "dwh.cfg line 2");
  EXPECT_EQ(shown("db_password_command"), "(set) <- dwh.cfg line 2");
  EXPECT_TRUE(resolved().warnings.empty());
}

// Each way of a stronger source hides every way of a weaker one.
TEST_F(SettingsTest, ThePlaceOfThePasswordIsThatOfTheStrongestSource) {
  struct Way {
    const char* name;
    const char* key;
  };
  constexpr Way kWays[] = {{"db_password", "DB_PASSWORD"},
                           {"db_password_file", "DB_PASSWORD_FILE"},
                           {"db_password_command", "DB_PASSWORD_COMMAND"}};
  const auto places = [this] {
    const Settings settings = resolved();
    return fmt::format("{}|{}|{}", settings.db_password.reveal(),
                       settings.db_password_file.value_or(""),
                       settings.db_password_command.value_or(""));
  };
  const auto expected = [](std::size_t way, const char* value) {
    return fmt::format("{}|{}|{}", way == 0 ? value : "", way == 1 ? value : "",
                       way == 2 ? value : "");
  };
  for (const Way& in_file : kWays) {
    given_config(fmt::format("[CLUSTER]\n{} = weakest\n", in_file.key));
    for (std::size_t way = 0; way < 3; ++way) {
      sources_.environment = {{std::string("SPARKIFY_") + kWays[way].key, "stronger"}};
      EXPECT_EQ(places(), expected(way, "stronger"));
      for (std::size_t flag = 1; flag < 3; ++flag) {
        sources_.flags = {{kWays[flag].name, "strongest"}};
        EXPECT_EQ(places(), expected(flag, "strongest"));
        EXPECT_EQ(resolved().db_password_origin.find("flag --db-password-"), 0U);
        sources_.flags = {};
      }
    }
    sources_.environment = {};
  }
}

TEST_F(SettingsTest, TwoPlacesOfThePasswordInOneSourceAreRefused) {
  given_config("[CLUSTER]\nDB_PASSWORD = hunter2\nDB_PASSWORD_FILE = f\n");
  EXPECT_EQ(error(),
            "dwh.cfg line 3: there is another place for the password beside it, dwh.cfg line 2; "
            "keep one of the two");
  sources_.environment = {{"SPARKIFY_DB_PASSWORD_FILE", "f"},
                          {"SPARKIFY_DB_PASSWORD_COMMAND", "c"}};
  EXPECT_EQ(error().find("environment SPARKIFY_DB_PASSWORD_COMMAND: there is another place"), 0U);
  sources_.environment["SPARKIFY_DB_PASSWORD_COMMAND"] = "";
  EXPECT_EQ(error(), "no error") << "empty is not set, and what is hidden is not looked at";
  sources_.flags = {{"db_password_file", "f"}, {"db_password_command", "c"}};
  EXPECT_EQ(error().find("flag --db-password-command: there is another place"), 0U);
}

TEST_F(SettingsTest, AWarehouseUrlWithAPasswordIsRefusedWhereverItComesFromAndNotShown) {
  for (const char* url :
       {"postgresql://me:hunter2@db/x", "redshift://me:hunter2@db:5439/x", "postgres://me:@db/x",
        "postgresql://me:hun/ter2@db/x", "postgresql://me:12?hunter2@db/x",
        "postgresql://me:a@hunter2@db/x", "postgresql://me@db/x?password=hunter2",
        "postgresql://db/x?sslPassword=hunter2", "host=db password = hunter2", "me:hunter2@db/x"}) {
    SettingSources plain = sources_;
    given_config(fmt::format("[SPARKIFY]\nWAREHOUSE = {}\n", url));
    EXPECT_EQ(error().find("dwh.cfg line 2: the warehouse URL seems to hold a password"), 0U)
        << url;
    EXPECT_EQ(error().find("hunter2"), std::string::npos);
    expect_three_ways(error());
    sources_.environment["SPARKIFY_WAREHOUSE"] = url;
    EXPECT_EQ(error().find("environment SPARKIFY_WAREHOUSE: the warehouse URL"), 0U) << url;
    EXPECT_EQ(error().find("hunter2"), std::string::npos);
    sources_.flags["warehouse"] = url;
    EXPECT_EQ(error().find("flag --warehouse: the warehouse URL"), 0U) << url;
    EXPECT_EQ(error().find("hunter2"), std::string::npos);
    sources_ = plain;
  }
}

TEST_F(SettingsTest, AWarehouseUrlWithoutAPasswordIsTaken) {
  for (const char* url :
       {"postgresql://me@db:5432/x", "postgresql://db:5432/x", "postgresql://[::1]:5432/x",
        "redshift://me@db:5439/x?sslmode=verify-full", "duckdb:/data/a:b@c.db",
        "duckdb::memory:", "postgresql:///x", "postgresql://me@db:5432/x@y"}) {
    sources_.flags["warehouse"] = url;
    EXPECT_EQ(resolved().warehouse, url);
  }
}

// Every text that leaves this module, for every place where a secret may stand.
TEST_F(SettingsTest, SecretsAreInNothingThatIsShown) {
  const std::string secret = "xyzzy";
  given_config("[CLUSTER]\nHOST=h\nDB_NAME=d\nDB_USER=u\nDB_PASSWORD=" + secret + "\nDB_PASSWROD=" +
               secret + "\n[SPARKIFY]\nDB_PASSWORD=" + secret + "\n[AWS]\nKEY=" + secret + "\n");
  sources_.environment = {{"SPARKIFY_DB_PASSWORD", secret}, {"SPARKIFY_PASSWORD", secret}};
  const Settings settings = resolved();
  EXPECT_EQ(settings.db_password.reveal(), secret);
  EXPECT_EQ(settings.warnings.size(), 4U);
  for (const Setting& each : settings.shown) {
    EXPECT_EQ((each.name + each.value + each.origin).find(secret), std::string::npos) << each.name;
    const bool is_secret = each.name == "db_password" || each.name == "db_password_command";
    EXPECT_EQ(each.is_secret, is_secret) << each.name;
  }
  for (const std::string& warning : settings.warnings) {
    EXPECT_EQ(warning.find(secret), std::string::npos) << warning;
  }
  for (const char* wrong : {"THREADS", "MEMORY_LIMIT", "MAX_REJECTS", "LOG_FORMAT"}) {
    SettingSources sources = sources_;
    sources.environment[std::string("SPARKIFY_") + wrong] = "wrong";
    const auto refused = resolve_settings(sources);
    ASSERT_FALSE(refused.ok()) << wrong;
    EXPECT_EQ(refused.error().message.find(secret), std::string::npos);
  }
}

TEST_F(SettingsTest, RefusesWrongThreads) {
  for (const char* text :
       {"0", "257", "-1", "+4", "4.5", "four", " 4", "4 ", "0x4", "99999999999999999999999"}) {
    sources_.flags["threads"] = text;
    EXPECT_EQ(error(), fmt::format("flag --threads: '{}' is no number of threads; give a whole "
                                   "number from 1 to 256",
                                   text));
  }
  sources_.flags["threads"] = "256";
  EXPECT_EQ(resolved().threads, 256U);
}

TEST_F(SettingsTest, RefusesWrongMemoryLimits) {
  sources_.environment["SPARKIFY_MEMORY_LIMIT"] = "plenty";
  EXPECT_EQ(error().find("environment SPARKIFY_MEMORY_LIMIT: 'plenty' is no size in bytes"), 0U);
  sources_.environment["SPARKIFY_MEMORY_LIMIT"] = "255MiB";
  EXPECT_EQ(error(),
            "environment SPARKIFY_MEMORY_LIMIT: a memory limit of 255 MiB is too low: the database "
            "and the decoders share it and need at least 256 MiB; give 256MiB or more");
  sources_.environment["SPARKIFY_MEMORY_LIMIT"] = "256MiB";
  EXPECT_EQ(resolved().memory_limit_bytes, 256 * kMiB);
}

TEST_F(SettingsTest, RefusesWrongRejectsAndFormats) {
  sources_.flags["max_rejects"] = "-1";
  EXPECT_EQ(error().find("flag --max-rejects: '-1' is no number of rejects"), 0U);
  sources_.flags["max_rejects"] = "0";
  EXPECT_EQ(resolved().max_rejects, 0U);
  sources_.flags["log_format"] = "xml";
  EXPECT_EQ(error(), "flag --log-format: 'xml' is no log format; give text or json");
}

TEST_F(SettingsTest, RefusesWrongSettingsOfS3) {
  for (const char* text : {"0", "257", "many"}) {
    sources_.flags["transfers"] = text;
    EXPECT_EQ(error(), fmt::format("flag --transfers: '{}' is no number of transfers; give a whole "
                                   "number from 1 to 256",
                                   text));
  }
  sources_.flags = {{"no_sign_request", "yes"}};
  EXPECT_EQ(error(), "flag --no-sign-request: 'yes' is neither true nor false");
  sources_.flags = {{"request_payer", "me"}};
  EXPECT_EQ(error(), "flag --request-payer: 'me': only `requester` can be said here, or nothing");
  sources_.flags = {{"addressing", "host"}};
  EXPECT_EQ(error(),
            "flag --addressing: 'host' is no addressing style; give auto, path or virtual");
  sources_.flags = {{"stage", "fast"}};
  EXPECT_EQ(error(), "flag --stage: 'fast' is no way to stage rows; give auto, compact or direct");
}

TEST_F(SettingsTest, TheWayToStageIsOneOfThree) {
  sources_.flags = {{"stage", "compact"}};
  EXPECT_EQ(resolved().stage, Settings::Stage::compact);
  sources_.flags = {{"stage", "direct"}};
  EXPECT_EQ(resolved().stage, Settings::Stage::direct);
}

TEST_F(SettingsTest, AnEndpointWithAPasswordIsRefusedAndNotShown) {
  sources_.environment["SPARKIFY_ENDPOINT_URL"] = "http://me:hunter2@h:1";
  EXPECT_EQ(error().find("environment SPARKIFY_ENDPOINT_URL: the S3 endpoint's URL"), 0U);
  EXPECT_EQ(error().find("hunter2"), std::string::npos);
}

TEST_F(SettingsTest, TheSettingsOfS3MeanWhatTheySay) {
  given_config(
      "[S3]\nPROFILE = p\nREGION = eu-west-1\nENDPOINT_URL = http://h:1\nNO_SIGN_REQUEST = true\n"
      "REQUEST_PAYER = requester\nADDRESSING = virtual\nTRANSFERS = 5\n");
  const S3Settings s3 = resolved().s3;
  EXPECT_EQ(s3.profile, "p");
  EXPECT_EQ(s3.region, "eu-west-1");
  EXPECT_EQ(s3.endpoint_url, "http://h:1");
  EXPECT_FALSE(s3.sign_request);
  EXPECT_TRUE(s3.requester_pays);
  EXPECT_EQ(s3.addressing, S3Settings::Addressing::virtual_host);
  EXPECT_EQ(s3.transfers, 5U);
  EXPECT_TRUE(resolved().warnings.empty());
  sources_.flags["addressing"] = "path";
  EXPECT_EQ(resolved().s3.addressing, S3Settings::Addressing::path);
}

TEST_F(SettingsTest, AValueThatAStrongerSourceHidesIsNotLookedAt) {
  given_config("[SPARKIFY]\nTHREADS = many\n");
  sources_.flags["threads"] = "4";
  EXPECT_EQ(resolved().threads, 4U);
}

TEST_F(SettingsTest, TuningIsShownOnlyWhenItIsSet) {
  EXPECT_EQ(shown("group_bytes"), "(not shown)");
  sources_.environment = {{"SPARKIFY_GROUP_BYTES", "1MiB"}, {"SPARKIFY_BLOCK_BYTES", "1"}};
  EXPECT_EQ(resolved().group_bytes, kMiB);
  EXPECT_EQ(resolved().block_bytes, 1U);
  EXPECT_TRUE(resolved().warnings.empty());
  EXPECT_EQ(shown("group_bytes"), "1 MiB <- environment SPARKIFY_GROUP_BYTES");
  sources_.environment["SPARKIFY_BLOCK_BYTES"] = "0";
  EXPECT_EQ(error(), "environment SPARKIFY_BLOCK_BYTES: must not be 0; give at least 1 byte");
}

TEST_F(SettingsTest, WhatIsShownIsSafeOnATerminal) {
  sources_.environment = {{"SPARKIFY_LOG_DATA", "a\x1b[31mb"}, {"SPARKIFY_\x1b[2J", "x"}};
  EXPECT_EQ(resolved().log_data, "a\x1b[31mb");
  EXPECT_EQ(shown("log_data").find('\x1b'), std::string::npos);
  EXPECT_EQ(resolved().warnings.at(0).find('\x1b'), std::string::npos);
}

TEST(MissingSetting, SaysWhereItCanBeSet) {
  EXPECT_EQ(missing_setting("log_data").message,
            "log_data is not set; give --log-data, set SPARKIFY_LOG_DATA, or write LOG_DATA under "
            "[S3] in dwh.cfg");
  EXPECT_EQ(missing_setting("db_password").message,
            "db_password is not set; set SPARKIFY_DB_PASSWORD, or write DB_PASSWORD under "
            "[CLUSTER] in dwh.cfg");
  EXPECT_EQ(missing_setting("log_data").kind, ErrorKind::config);
}

TEST(SettingsDeathTest, AFlagThatDoesNotExistIsOurMistake) {
  SettingSources sources;
  sources.default_config_path = "/nonexistent/dwh.cfg";
  sources.flags["group_bytes"] = "1";
  EXPECT_DEATH({ const auto ignored = resolve_settings(sources); }, "has_flag");
}

// Reads memory that a Secret has given back: the object is alive, its text is not.
TEST(Secret, LeavesNothingBehindWhereItWas) {
  Secret secret(std::string("hunter2"));
  const char* const here = secret.reveal().data();
  const Secret moved = std::move(secret);
  EXPECT_EQ(moved.reveal(), "hunter2");
  EXPECT_EQ(std::string(here, 7), std::string(7, '\0'));
}

TEST(Secret, CopiesAreTheirOwn) {
  Secret first(std::string("a password that is too long for the string object itself"));
  Secret second = first;
  first = Secret(std::string("b"));
  EXPECT_EQ(second.reveal(), "a password that is too long for the string object itself");
  second = first;
  EXPECT_EQ(second.reveal(), "b");
  EXPECT_FALSE(second.empty());
}

}  // namespace
}  // namespace sparkify
