#include "aws/aws_profile.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "aws/aws_settings.h"
#include "aws/credentials/iso_time.h"
#include "aws/credentials/shell_words.h"

namespace sparkify {
namespace {

std::string value(const AwsSections& sections, std::string_view section, std::string_view key) {
  const auto found = sections.find(section);
  return found == sections.end() ? "(no section)" : std::string(found->second.value(key));
}

std::string parse_error(std::string_view text) {
  const auto sections = parse_aws_ini(text, "config");
  if (sections.ok()) return "no error";
  EXPECT_EQ(sections.error().kind, ErrorKind::config);
  EXPECT_EQ(sections.error().message.find("SECRET"), std::string::npos) << sections.error().message;
  return sections.error().message;
}

TEST(AwsIni, ReadsSectionsKeysAndComments) {
  const auto sections = parse_aws_ini(
      "# a comment\r\n[default]\r\nRegion = us-west-2\r\n\r\n; another\n[a]\nkey:value\n"
      "  # inside\nwith_equals = a=b:c\nhash = a #b ;c\nempty =\n",
      "config");
  ASSERT_TRUE(sections.ok());
  EXPECT_EQ(value(*sections, "default", "region"), "us-west-2");
  EXPECT_EQ(value(*sections, "a", "key"), "value");
  EXPECT_EQ(value(*sections, "a", "with_equals"), "a=b:c");
  EXPECT_EQ(value(*sections, "a", "hash"), "a #b ;c");
  EXPECT_EQ(value(*sections, "a", "empty"), "");
  EXPECT_FALSE(sections->find("a")->second.has("empty"));
}

TEST(AwsIni, IndentedLinesAreABlockOrGoOnWithTheValue) {
  const auto sections = parse_aws_ini(
      "[default]\ns3 =\n  addressing_style = path\n\n  # why\n  max_queue_size=10\nlong = a\n"
      "   b\n  [c]\nregion = r\n",
      "config");
  ASSERT_TRUE(sections.ok());
  const AwsSection& section = sections->find("default")->second;
  EXPECT_EQ(section.value("s3", "addressing_style"), "path");
  EXPECT_EQ(section.value("s3", "max_queue_size"), "10");
  EXPECT_EQ(section.value("s3", "no"), "");
  EXPECT_EQ(section.value("long"), "a\nb\n[c]");
  EXPECT_EQ(section.value("region"), "r");
}

TEST(AwsIni, CapitalDefaultHoldsForAllSections) {
  const auto sections = parse_aws_ini("[DEFAULT]\nregion = r\nk = v\n[a]\nk = own\n", "config");
  ASSERT_TRUE(sections.ok());
  EXPECT_EQ(value(*sections, "a", "region"), "r");
  EXPECT_EQ(value(*sections, "a", "k"), "own");
  EXPECT_EQ(sections->size(), 1U);
}

TEST(AwsIni, AcceptsAByteOrderMarkAndNoLastLineBreak) {
  const auto sections = parse_aws_ini("\xEF\xBB\xBF[default]\nregion = r", "config");
  ASSERT_TRUE(sections.ok());
  EXPECT_EQ(value(*sections, "default", "region"), "r");
}

TEST(AwsIni, ErrorsNameFileAndLineAndNeverTheText) {
  EXPECT_EQ(parse_error("[a]\n\naws_secret_access_key SECRET\n").substr(0, 14), "config line 3:");
  EXPECT_EQ(parse_error("key = SECRET\n").substr(0, 14), "config line 1:");
  EXPECT_EQ(parse_error("[a]\nk = 1\nK = SECRET\n"),
            "config line 3: this key stands in the section already");
  EXPECT_EQ(parse_error("[a]\n[b]\n[a]\n"),
            "config line 3: this section stands in the file already");
  EXPECT_EQ(parse_error("[a\nSECRET\n").substr(0, 14), "config line 1:");
  EXPECT_EQ(parse_error("[a]\n= SECRET\n").substr(0, 14), "config line 2:");
  EXPECT_EQ(parse_error("[a]\ns3 =\n  SECRET\n").substr(0, 14), "config line 3:");
  EXPECT_EQ(parse_error("[a]\nk = \xFF SECRET\n"), "config line 2: is not UTF-8");
  EXPECT_EQ(parse_error(std::string_view("[a]\nk = \0SECRET\n", 16)),
            "config line 2: a NUL byte: this is no plain text file");
}

TEST(ShellWords, AreCutAsAShellCutsThem) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(split_shell_words("a  b\tc"), Words({"a", "b", "c"}));
  EXPECT_EQ(split_shell_words(" 'a b' \"c d\" "), Words({"a b", "c d"}));
  EXPECT_EQ(split_shell_words("a'b c'd\"e\""), Words({"ab cde"}));
  EXPECT_EQ(split_shell_words(R"("a\"b\\c\d")"), Words({R"(a"b\c\d)"}));
  EXPECT_EQ(split_shell_words(R"('a\b' a\ b)"), Words({R"(a\b)", "a b"}));
  EXPECT_EQ(split_shell_words("a '' \"\""), Words({"a", "", ""}));
  EXPECT_EQ(split_shell_words("a #b"), Words({"a", "#b"}));
  EXPECT_EQ(split_shell_words(""), Words());
  EXPECT_EQ(split_shell_words("'a"), std::nullopt);
  EXPECT_EQ(split_shell_words("\"a\\\""), std::nullopt);
  EXPECT_EQ(split_shell_words("a\\"), std::nullopt);
}

TEST(IsoTime, ReadsTheFormsThatAreInUse) {
  constexpr std::int64_t kTime_us = 1'541'075'696'000'000;  // 2018-11-01 12:34:56
  EXPECT_EQ(parse_iso_time("2018-11-01T12:34:56Z"), kTime_us);
  EXPECT_EQ(parse_iso_time("2018-11-01T12:34:56UTC"), kTime_us);
  EXPECT_EQ(parse_iso_time("2018-11-01 12:34:56"), kTime_us);
  EXPECT_EQ(parse_iso_time("2018-11-01T13:34:56+01:00"), kTime_us);
  EXPECT_EQ(parse_iso_time("2018-11-01T07:04:56-0530"), kTime_us);
  EXPECT_EQ(parse_iso_time("2018-11-01T12:34:56.1234567Z"), kTime_us + 123'456);
  EXPECT_EQ(format_iso_time(kTime_us + 999'999), "2018-11-01T12:34:56Z");
  for (const char* const text :
       {"", "2018-11-01", "2018-02-30T00:00:00Z", "2018-11-01T24:00:00Z", "2018-11-01T12:34:56ZZ",
        "2018-11-01T12:34:56.Z", "1541075696", "2018-11-01T12:34:56+1", "-018-11-01T12:34:56Z"}) {
    EXPECT_EQ(parse_iso_time(text), std::nullopt) << text;
  }
}

class AwsProfileFiles : public testing::Test {
 protected:
  AwsProfileFiles() {
    std::string name = testing::TempDir() + "aws_profile_XXXXXX";
    home_ = mkdtemp(name.data());
    std::filesystem::create_directory(home_ / ".aws");
    environment_.variables["HOME"] = home_.string();
  }
  ~AwsProfileFiles() override { std::filesystem::remove_all(home_); }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(home_ / name) << text;
  }
  std::string region() {
    const auto found = configured_region(environment_);
    if (!found.ok()) return "error: " + found.error().message;
    return found->value_or("(none)");
  }
  std::string endpoint(std::string_view service) {
    const auto found = configured_endpoint(environment_, service);
    if (!found.ok()) return "error: " + found.error().message;
    return found->value_or("(none)");
  }

  std::filesystem::path home_;
  AwsEnvironment environment_;
};

TEST_F(AwsProfileFiles, AreMergedByProfileAndTheCredentialsFileWins) {
  write(".aws/config",
        "[default]\nregion = r0\n[profile a]\nregion = r1\naws_access_key_id = old\n"
        "[profile \"b c\"]\nregion = r2\n[b]\nregion = not a profile\n[profile 'x]\nregion = bad\n"
        "[sso-session s]\nsso_region = r3\n[services t]\ns3 =\n  endpoint_url = http://h\n"
        "[preview]\nk = v\n");
  write(".aws/credentials", "[a]\naws_access_key_id = new\n[profile d]\nk = v\n");
  const auto profiles = read_aws_profiles(environment_);
  ASSERT_TRUE(profiles.ok()) << profiles.error().message;
  EXPECT_EQ(value(profiles->merged, "default", "region"), "r0");
  EXPECT_EQ(value(profiles->merged, "a", "region"), "r1");
  EXPECT_EQ(value(profiles->merged, "a", "aws_access_key_id"), "new");
  EXPECT_EQ(value(profiles->config, "a", "aws_access_key_id"), "old");
  EXPECT_EQ(value(profiles->merged, "b c", "region"), "r2");
  EXPECT_EQ(value(profiles->merged, "profile d", "k"), "v");
  EXPECT_EQ(profiles->find("b"), nullptr);
  EXPECT_EQ(profiles->find("preview"), nullptr);
  EXPECT_EQ(value(profiles->sso_sessions, "s", "sso_region"), "r3");
  EXPECT_EQ(profiles->services.find("t")->second.value("s3", "endpoint_url"), "http://h");
}

TEST_F(AwsProfileFiles, OfTwoSectionsForOneProfileTheLaterCounts) {
  write(".aws/config", "[profile default]\nk = v\nregion = r1\n[default]\nregion = r2\n");
  EXPECT_EQ(region(), "r2");
  write(".aws/config", "[default]\nregion = r2\n[profile 'default']\nregion = r1\n");
  EXPECT_EQ(region(), "r1");
}

TEST_F(AwsProfileFiles, MayBeMissing) {
  ASSERT_TRUE(read_aws_profiles(environment_).ok());
  EXPECT_EQ(region(), "(none)");
  environment_.variables.erase("HOME");
  EXPECT_EQ(region(), "(none)");
}

TEST_F(AwsProfileFiles, ThatCannotBeReadAreAnError) {
  std::filesystem::create_directory(home_ / ".aws/config");
  const auto profiles = read_aws_profiles(environment_);
  ASSERT_FALSE(profiles.ok());
  EXPECT_EQ(profiles.error().kind, ErrorKind::config);
  EXPECT_NE(profiles.error().message.find(".aws/config"), std::string::npos);
}

TEST_F(AwsProfileFiles, AreWhereTheEnvironmentSays) {
  write("own config", "[default]\nregion = r1\n");
  write("own credentials", "[default]\naws_access_key_id = k\n");
  environment_.variables["AWS_CONFIG_FILE"] = "~/own config";
  environment_.variables["AWS_SHARED_CREDENTIALS_FILE"] = (home_ / "own credentials").string();
  const auto profiles = read_aws_profiles(environment_);
  ASSERT_TRUE(profiles.ok());
  EXPECT_EQ(value(profiles->merged, "default", "region"), "r1");
  EXPECT_EQ(value(profiles->merged, "default", "aws_access_key_id"), "k");
}

TEST_F(AwsProfileFiles, TheRegionIsOfFlagEnvironmentProfileInThisOrder) {
  write(".aws/config", "[default]\nregion = r-default\n[profile a]\nregion = r-a\n");
  EXPECT_EQ(region(), "r-default");
  environment_.variables["AWS_DEFAULT_PROFILE"] = "default";
  environment_.variables["AWS_PROFILE"] = "a";
  EXPECT_EQ(region(), "r-a");
  environment_.profile = "default";
  EXPECT_EQ(region(), "r-default");
  environment_.variables["AWS_DEFAULT_REGION"] = "r-env2";
  EXPECT_EQ(region(), "r-env2");
  environment_.variables["AWS_REGION"] = "r-env1";
  EXPECT_EQ(region(), "r-env1");
  environment_.region = "r-flag";
  EXPECT_EQ(region(), "r-flag");
}

TEST_F(AwsProfileFiles, ARegionMustBeAName) {
  environment_.region = "us-west-2.evil.example/";
  EXPECT_EQ(region().substr(0, 6), "error:");
}

TEST_F(AwsProfileFiles, AProfileThatIsAskedForMustBeThere) {
  write(".aws/config", "[default]\nregion = r\n");
  environment_.variables["AWS_PROFILE"] = "gone";
  EXPECT_EQ(region().substr(0, 39), "error: the AWS profile gone is neither ");
}

TEST_F(AwsProfileFiles, TheEndpointIsOfEnvironmentThenProfile) {
  write(".aws/config",
        "[default]\nservices = lab\nendpoint_url = http://profile/\n"
        "[services lab]\ns3 =\n  endpoint_url = http://profile-s3\n");
  EXPECT_EQ(endpoint("s3"), "http://profile-s3");
  EXPECT_EQ(endpoint("sts"), "http://profile");
  environment_.variables["AWS_ENDPOINT_URL"] = "http://all";
  EXPECT_EQ(endpoint("s3"), "http://all");
  environment_.variables["AWS_ENDPOINT_URL_S3"] = "http://s3:9000/";
  environment_.variables["AWS_ENDPOINT_URL_SSO_OIDC"] = "http://oidc";
  EXPECT_EQ(endpoint("s3"), "http://s3:9000");
  EXPECT_EQ(endpoint("sso_oidc"), "http://oidc");
  EXPECT_EQ(endpoint("sts"), "http://all");
  environment_.variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "True";
  EXPECT_EQ(endpoint("s3"), "(none)");
}

TEST_F(AwsProfileFiles, AWrongEndpointIsAnErrorThatDoesNotShowIt) {
  environment_.variables["AWS_ENDPOINT_URL_S3"] = "user:SECRET@host";
  EXPECT_EQ(endpoint("s3"), "error: AWS_ENDPOINT_URL_S3: is no address such as https://host:port");
  write(".aws/config", "[default]\nservices = gone\n");
  EXPECT_EQ(endpoint("sts").substr(0, 6), "error:");
}

TEST(AwsPartition, GivesTheHostsTheirName) {
  EXPECT_EQ(dns_suffix("us-west-2"), "amazonaws.com");
  EXPECT_EQ(dns_suffix("us-gov-west-1"), "amazonaws.com");
  EXPECT_EQ(dns_suffix("cn-north-1"), "amazonaws.com.cn");
  EXPECT_EQ(dns_suffix("us-isob-east-1"), "sc2s.sgov.gov");
  EXPECT_EQ(dns_suffix("eusc-de-east-1"), "amazonaws.eu");
}

}  // namespace
}  // namespace sparkify
