#include "aws/credentials/credential_chain.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "aws/credentials/container_credentials.h"
#include "aws/credentials/iso_time.h"
#include "fakes/http_server.h"

namespace sparkify {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kStart_us = 1'541'075'696'000'000;  // 2018-11-01 12:34:56
constexpr std::int64_t kMinute_us = 60'000'000;

// Every key, token and body of these tests has this in it, and no message may.
constexpr std::string_view kMark = "HIDDEN";

// What the test's thread sets and the server's threads read.
template <typename T>
class Shared {
 public:
  explicit Shared(T value) : value_(std::move(value)) {}
  Shared& operator=(T value) {
    const std::lock_guard lock(mutex_);
    value_ = std::move(value);
    return *this;
  }
  T get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

 private:
  mutable std::mutex mutex_;
  T value_;
};

bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

std::string json_answer(const std::string& name, const std::string& expiration,
                        const std::string& token_name = "Token") {
  return fmt::format(
      R"({{"Code":"Success","Version":1,"AccessKeyId":"AKHIDDEN{0}","SecretAccessKey":"skHIDDEN{0}",)"
      R"("{1}":"stHIDDEN{0}","Expiration":"{2}"}})",
      name, token_name, expiration);
}

std::string sts_answer(const std::string& action, const std::string& name,
                       const std::string& expiration) {
  return fmt::format(
      "<{0}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{0}Result><Credentials>"
      "<AccessKeyId>AKHIDDEN{1}</AccessKeyId><SecretAccessKey>skHIDDEN{1}</SecretAccessKey>"
      "<SessionToken>stHIDDEN{1}</SessionToken><Expiration>{2}</Expiration></Credentials>"
      "</{0}Result></{0}Response>",
      action, name, expiration);
}

std::string sts_error(const std::string& code) {
  return fmt::format(
      "<ErrorResponse><Error><Type>Sender</Type><Code>{}</Code><Message>HIDDEN message</Message>"
      "</Error></ErrorResponse>",
      code);
}

class CredentialChainTest : public testing::Test {
 protected:
  CredentialChainTest() {
    std::string name = testing::TempDir() + "credentials_XXXXXX";
    home_ = mkdtemp(name.data());
    fs::create_directories(home_ / ".aws/sso/cache");
    set("HOME", home_.string());
    set("AWS_EC2_METADATA_DISABLED", "true");
    options_.clock = [this] { return now_us_.load(); };
    options_.retry_pause_s = 0.01;
  }
  ~CredentialChainTest() override { fs::remove_all(home_); }

  void set(const std::string& name, const std::string& value) {
    environment_.variables[name] = value;
  }
  void set_keys(const std::string& name) {
    set("AWS_ACCESS_KEY_ID", "AKHIDDEN" + name);
    set("AWS_SECRET_ACCESS_KEY", "skHIDDEN" + name);
  }
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(home_ / name) << text;
    return (home_ / name).string();
  }
  std::string read(const std::string& name) {
    std::ifstream file(home_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write_config(const std::string& text) { write(".aws/config", text); }
  void write_credentials(const std::string& text) { write(".aws/credentials", text); }
  static std::string keys(const std::string& name) {
    return fmt::format("aws_access_key_id = AKHIDDEN{0}\naws_secret_access_key = skHIDDEN{0}\n",
                       name);
  }
  // A program for `credential_process`.
  std::string write_program(const std::string& text) {
    std::string path = write("program with blank.sh", "#!/bin/sh\n" + text);
    EXPECT_EQ(chmod(path.c_str(), 0700), 0);
    return path;
  }
  std::string in_minutes(int minutes) const {
    return format_iso_time(now_us_.load() + minutes * kMinute_us);
  }
  void pass_minutes(int minutes) { now_us_ += minutes * kMinute_us; }

  CredentialChain& chain() {
    if (chain_ == nullptr) {
      chain_ = std::make_unique<CredentialChain>(environment_, http_, options_);
    }
    return *chain_;
  }
  // What a new chain finds: the name of the keys and the provider's, or the error.
  std::string found() {
    chain_.reset();
    const auto credentials = chain().get();
    return credentials.ok() ? name_of(*credentials) + " by " + chain().provider_name()
                            : error_of(credentials);
  }
  static std::string name_of(const AwsCredentials& credentials) {
    const std::string name = credentials.access_key_id.substr(8);
    EXPECT_EQ(credentials.access_key_id, "AKHIDDEN" + name);
    EXPECT_EQ(credentials.secret_access_key.reveal(), "skHIDDEN" + name);
    return name;
  }
  static std::string error_of(const Result<AwsCredentials>& outcome) {
    if (outcome.ok()) return "no error";
    const std::string& message = outcome.error().message;
    EXPECT_EQ(outcome.error().kind, ErrorKind::config);
    EXPECT_FALSE(contains(message, kMark)) << message;
    return message;
  }
  std::string get() {
    const auto credentials = chain().get();
    return credentials.ok() ? name_of(*credentials) : error_of(credentials);
  }

  fs::path home_;
  AwsEnvironment environment_;
  CredentialChainOptions options_;
  std::atomic<std::int64_t> now_us_ = kStart_us;
  HttpClient http_{HttpOptions{}};
  std::unique_ptr<CredentialChain> chain_;
};

// Environment and files

TEST_F(CredentialChainTest, TakesTheEnvironmentsKeys) {
  set_keys("E");
  set("AWS_SECURITY_TOKEN", "stHIDDENold");
  EXPECT_EQ(found(), "E by environment");
  EXPECT_EQ(chain().get()->session_token.reveal(), "stHIDDENold");
  EXPECT_EQ(chain().get()->expires_at_us, std::nullopt);
  set("AWS_SESSION_TOKEN", "stHIDDENnew");
  set("AWS_CREDENTIAL_EXPIRATION", in_minutes(60));
  EXPECT_EQ(found(), "E by environment");
  EXPECT_EQ(chain().get()->session_token.reveal(), "stHIDDENnew");
  EXPECT_EQ(chain().get()->expires_at_us, kStart_us + 60 * kMinute_us);
}

TEST_F(CredentialChainTest, HalfAKeyOfTheEnvironmentIsAnError) {
  set("AWS_ACCESS_KEY_ID", "AKHIDDEN");
  EXPECT_EQ(found(), "environment: AWS_SECRET_ACCESS_KEY is not set");
}

TEST_F(CredentialChainTest, KeysOfTheEnvironmentThatHaveEndedOrAreNoneAreErrors) {
  set_keys("E");
  set("AWS_CREDENTIAL_EXPIRATION", in_minutes(-1));
  EXPECT_TRUE(contains(found(), "environment: the credentials have expired"));
  set("AWS_CREDENTIAL_EXPIRATION", "HIDDEN");
  EXPECT_TRUE(contains(found(), "AWS_CREDENTIAL_EXPIRATION is no time"));
  set("AWS_CREDENTIAL_EXPIRATION", "");
  set("AWS_SECRET_ACCESS_KEY", "skHIDDEN\n");
  EXPECT_TRUE(contains(found(), "a key holds a blank"));
}

TEST_F(CredentialChainTest, TheNameIsEmptyUntilThereAreCredentials) {
  set_keys("E");
  EXPECT_EQ(chain().provider_name(), "");
  ASSERT_TRUE(chain().get().ok());
  EXPECT_EQ(chain().provider_name(), "environment");
}

TEST_F(CredentialChainTest, TakesTheKeysOfTheFiles) {
  write_config("[default]\n" + keys("C") + "[profile p]\n" + keys("PC"));
  EXPECT_EQ(found(), "C by config file (profile default)");
  write_credentials("[default]\n" + keys("S") + "aws_session_token = stHIDDENs\n");
  EXPECT_EQ(found(), "S by shared credentials file (profile default)");
  EXPECT_EQ(chain().get()->session_token.reveal(), "stHIDDENs");
  set("AWS_PROFILE", "p");
  EXPECT_EQ(found(), "PC by config file (profile p)");
}

TEST_F(CredentialChainTest, FilesMayBeElsewhere) {
  set("AWS_SHARED_CREDENTIALS_FILE", write("c1", "[default]\n" + keys("1")));
  EXPECT_EQ(found(), "1 by shared credentials file (profile default)");
  set("AWS_SHARED_CREDENTIALS_FILE", write("c2", ""));
  set("AWS_CONFIG_FILE", write("c3", "[default]\n" + keys("3")));
  EXPECT_EQ(found(), "3 by config file (profile default)");
}

TEST_F(CredentialChainTest, HalfAKeyOfAFileIsAnError) {
  write_credentials("[default]\naws_access_key_id = AKHIDDEN\n");
  EXPECT_TRUE(contains(found(), "the profile default has no aws_secret_access_key"));
}

TEST_F(CredentialChainTest, AMalformedFileIsAnErrorWithItsLine) {
  write_credentials("[default]\naws_secret_access_key HIDDEN\n");
  EXPECT_TRUE(contains(found(), ".aws/credentials line 2: "));
}

TEST_F(CredentialChainTest, AProfileOfTheFlagSkipsTheEnvironmentButAWS_PROFILEDoesNot) {
  set_keys("E");
  write_credentials("[p]\n" + keys("P"));
  set("AWS_PROFILE", "p");
  EXPECT_EQ(found(), "E by environment");
  environment_.profile = "p";
  EXPECT_EQ(found(), "P by shared credentials file (profile p)");
}

TEST_F(CredentialChainTest, AProfileThatIsNotThereIsAnError) {
  environment_.profile = "gone";
  EXPECT_TRUE(contains(found(), "the AWS profile gone is neither in "));
}

TEST_F(CredentialChainTest, WithoutAnythingSaysWhereItLookedAndWhatToDo) {
  const std::string message = found();
  for (const char* const part :
       {"no AWS credentials found", "AWS_ACCESS_KEY_ID is not set", "the profile default",
        "~/.aws/config", "AWS_EC2_METADATA_DISABLED", "aws configure", "aws sso login"}) {
    EXPECT_TRUE(contains(message, part)) << part << " is not in: " << message;
  }
}

TEST_F(CredentialChainTest, CredentialsOfAwsLoginAreToldHowToBeTaken) {
  write_config("[default]\nlogin_session = arn:aws:iam::1:user/u\n");
  EXPECT_TRUE(contains(found(), "aws configure export-credentials --profile default"));
}

// credential_process

TEST_F(CredentialChainTest, TakesWhatAProgramPrints) {
  const std::string program =
      write_program("echo HIDDEN >&2\ntest \"$1\" = 'a  b' && test -z \"$(cat)\" || exit 1\ncat '" +
                    (home_ / "answer").string() + "'\n");
  write("answer", json_answer("X", in_minutes(60), "SessionToken"));
  write_config("[default]\ncredential_process = \"" + program + "\" 'a  b'\n");
  EXPECT_EQ(found(), "X by credential_process (profile default)");
  EXPECT_EQ(chain().get()->session_token.reveal(), "stHIDDENX");
  EXPECT_EQ(chain().get()->expires_at_us, kStart_us + 60 * kMinute_us);
}

TEST_F(CredentialChainTest, AProgramsCredentialsNeedNotEnd) {
  const std::string program = write_program(
      "echo '{\"Version\":1,\"AccessKeyId\":\"AKHIDDENX\",\"SecretAccessKey\":\"skHIDDENX\"}'\n");
  write_config("[default]\ncredential_process = \"" + program + "\"\n");
  EXPECT_EQ(found(), "X by credential_process (profile default)");
  EXPECT_EQ(chain().get()->expires_at_us, std::nullopt);
}

TEST_F(CredentialChainTest, AProgramThatFailsIsAnError) {
  const std::string program = write_program("echo HIDDEN; echo HIDDEN >&2; exit 7\n");
  write_config("[default]\ncredential_process = '" + program + "' HIDDEN\n");
  EXPECT_TRUE(contains(found(), "ended with exit code 7"));
  write_config("[default]\ncredential_process = /no/such/program HIDDEN\n");
  EXPECT_TRUE(contains(found(), "cannot be started"));
  write_config("[default]\ncredential_process = 'HIDDEN\n");
  EXPECT_TRUE(contains(found(), "not well quoted"));
  write_program("kill -9 $$\n");
  write_config("[default]\ncredential_process = '" + program + "' HIDDEN\n");
  EXPECT_TRUE(contains(found(), "ended by signal 9"));
}

TEST_F(CredentialChainTest, AProgramThatPrintsSomethingElseIsAnError) {
  const std::string program = write_program("cat '" + (home_ / "answer").string() + "'\n");
  write_config("[default]\ncredential_process = '" + program + "'\n");
  write("answer", "HIDDEN junk");
  EXPECT_TRUE(contains(found(), "the answer is no JSON object"));
  write("answer", "[\"HIDDEN\"]");
  EXPECT_TRUE(contains(found(), "the answer is no JSON object"));
  write("answer", R"({"Version":2,"AccessKeyId":"AKHIDDEN","SecretAccessKey":"HIDDEN"})");
  EXPECT_TRUE(contains(found(), "is not of \"Version\": 1"));
  write("answer", R"({"Version":1,"AccessKeyId":"AKHIDDEN"})");
  EXPECT_TRUE(contains(found(), "has no SecretAccessKey"));
  write("answer", json_answer("X", "HIDDEN"));
  EXPECT_TRUE(contains(found(), "Expiration that is no time"));
  write("answer", std::string(70'000, ' ') + "HIDDEN");
  EXPECT_TRUE(contains(found(), "printed more than 65536 bytes"));
}

TEST_F(CredentialChainTest, AProgramThatHangsIsKilledWithAllItStarted) {
  options_.process_timeout_s = 0.3;
  const std::string program =
      write_program("sh -c 'sleep 30; touch late' & echo HIDDEN; echo $! > pid; sleep 30\n");
  write_config("[default]\ncredential_process = sh -c 'cd \"$0\" && exec \"$1\"' '" +
               home_.string() + "' '" + program + "'\n");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(contains(found(), "was not done after 0.3 s"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  const std::string pid = read("pid");
  ASSERT_FALSE(pid.empty());
  bool is_gone = false;  // or not yet waited for by who takes orphans
  for (int i = 0; i < 100 && !is_gone; ++i) {
    std::ifstream stat("/proc/" + pid.substr(0, pid.find('\n')) + "/stat");
    const std::string text{std::istreambuf_iterator<char>(stat), {}};
    is_gone = text.empty() || contains(text, ") Z ");
    if (!is_gone) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_TRUE(is_gone);
}

TEST_F(CredentialChainTest, AStopEndsTheWaitForAProgram) {
  StopFlag stop;
  stop.request(15);
  options_.stop = &stop;
  write_config("[default]\ncredential_process = sleep 30\n");
  const auto credentials = chain().get();
  ASSERT_FALSE(credentials.ok());
  EXPECT_EQ(credentials.error().kind, ErrorKind::stopped);
}

// Container

TEST_F(CredentialChainTest, AsksTheContainersEndpoint) {
  HttpServer server([&](const ServedRequest&) {
    return ServedResponse{200, json_answer("K", in_minutes(60))};
  });
  options_.container_endpoint = server.url();
  set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/HIDDEN?id=1");
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/");
  EXPECT_EQ(found(), "K by container");
  EXPECT_EQ(server.requests().front().target, "/v2/credentials/HIDDEN?id=1");
  EXPECT_EQ(server.requests().front().header("authorization"), "");
}

TEST_F(CredentialChainTest, SendsTheContainersTokenAndReadsItsFileAgain) {
  HttpServer server([&](const ServedRequest&) {
    return ServedResponse{200, json_answer("K", in_minutes(60))};
  });
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url() + "/full");
  set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic HIDDEN1");
  EXPECT_EQ(found(), "K by container");
  EXPECT_EQ(server.requests().back().header("authorization"), "Basic HIDDEN1");
  set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", write("token", "HIDDEN2\n"));
  EXPECT_EQ(found(), "K by container");
  EXPECT_EQ(server.requests().back().header("authorization"), "HIDDEN2");
  write("token", "HIDDEN3");
  pass_minutes(55);
  EXPECT_EQ(get(), "K");
  EXPECT_EQ(server.requests().back().header("authorization"), "HIDDEN3");
  EXPECT_EQ(server.requests().back().target, "/full");
}

TEST_F(CredentialChainTest, AContainersTokenThatIsNoneIsAnError) {
  HttpServer server([&](const ServedRequest&) { return ServedResponse{}; });
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url());
  set("AWS_CONTAINER_AUTHORIZATION_TOKEN", "HIDDEN\r\nx-evil: 1");
  EXPECT_TRUE(contains(found(), "what no header may hold"));
  set("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", (home_ / "gone").string());
  EXPECT_TRUE(contains(found(), "there is no file"));
  EXPECT_EQ(server.request_count(), 0U);
}

TEST(ContainerUrl, MustBeHttpsOrThisMachineOrOfAws) {
  for (const char* const url :
       {"https://any.example/path", "http://localhost", "http://127.0.0.1:80/x?y",
        "http://127.9.9.9/", "http://[::1]:8080/", "http://169.254.170.2/v2",
        "http://169.254.170.23/v1/credentials", "http://[fd00:ec2::23]/v1/credentials"}) {
    EXPECT_TRUE(is_container_url(url)) << url;
  }
  for (const char* const url : {"http://example.com/",
                                "http://169.254.169.254/",
                                "http://127.0.0.1@example.com/",
                                "http://127.0.0.1.example.com/",
                                "http://127.0.0.1\\@example.com/",
                                "http://127.1/",
                                "http://0x7f000001/",
                                "http://[::1]x/",
                                "http://[::1",
                                "http://[::2]/",
                                "http://127.0.0.1:80@example.com/",
                                "http://127.0.0.1#@example.com/",
                                "ftp://127.0.0.1/",
                                "http://",
                                "https://",
                                "https://a@b/",
                                "127.0.0.1",
                                "http://localhost:/",
                                "http://127.0.0.1%2eexample.com/",
                                "http://127.0.0.1/ x",
                                "http://10.0.0.1/"}) {
    EXPECT_FALSE(is_container_url(url)) << url;
  }
}

TEST_F(CredentialChainTest, AContainersUrlThatIsNotAllowedIsNotAsked) {
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://10.0.0.1/HIDDEN");
  EXPECT_TRUE(contains(found(), "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https://"));
}

TEST_F(CredentialChainTest, AContainersEndpointIsAskedThreeTimesAndItsFailureEndsTheSearch) {
  std::atomic<int> status = 503;
  HttpServer server([&](const ServedRequest&) { return ServedResponse{status, "HIDDEN"}; });
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url() + "/HIDDEN");
  EXPECT_TRUE(contains(found(), "refused (status 503)"));
  EXPECT_EQ(server.request_count(), 3U);
  status = 403;
  EXPECT_TRUE(contains(found(), "refused (status 403)"));
  EXPECT_EQ(server.request_count(), 4U);
  status = 0;
  EXPECT_TRUE(contains(found(), "container: no answer from http://127.0.0.1:"));
  status = 200;
  EXPECT_TRUE(contains(found(), "the answer is no JSON object"));
}

TEST_F(CredentialChainTest, AnAnswerThatIsTooLongIsRefused) {
  HttpServer server([&](const ServedRequest&) {
    return ServedResponse{200, json_answer("K", in_minutes(60)) + std::string(70'000, ' ')};
  });
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", server.url());
  EXPECT_TRUE(contains(found(), "answered with more than 64 KiB"));
  EXPECT_EQ(server.request_count(), 1U);
}

// Instance

class InstanceTest : public CredentialChainTest {
 protected:
  InstanceTest() {
    environment_.variables.erase("AWS_EC2_METADATA_DISABLED");
    set("AWS_EC2_METADATA_SERVICE_ENDPOINT", server_.url() + "/");
  }

  ServedResponse answer(const ServedRequest& request) {
    constexpr std::string_view kRoles = "/latest/meta-data/iam/security-credentials/";
    const std::string role = role_.get();
    if (failures_left_ > 0) {
      --failures_left_;
      return {500, "HIDDEN"};
    }
    if (request.target == "/latest/api/token" && token_status_ == 200) {
      EXPECT_EQ(request.method, "PUT");
      EXPECT_EQ(request.header("x-aws-ec2-metadata-token-ttl-seconds"), "21600");
      return {200, "HIDDEN-token=="};
    }
    if (request.target == "/latest/api/token") return {token_status_, "HIDDEN"};
    if (token_status_ == 200 && request.header("x-aws-ec2-metadata-token") != "HIDDEN-token==") {
      return {401, "HIDDEN"};
    }
    if (request.target == kRoles) return {role.empty() ? 404 : 200, role + "\nother"};
    if (request.target == std::string(kRoles) + role)
      return {200, json_answer("I", expiration_.get())};
    return {404, "HIDDEN"};
  }

  std::atomic<int> failures_left_ = 0;
  std::atomic<int> token_status_ = 200;
  Shared<std::string> role_{"my-role"};
  Shared<std::string> expiration_{in_minutes(60)};
  HttpServer server_{[this](const ServedRequest& request) { return answer(request); }};
};

TEST_F(InstanceTest, GivesCredentialsByVersion2) {
  EXPECT_EQ(found(), "I by instance metadata");
  EXPECT_EQ(chain().get()->session_token.reveal(), "stHIDDENI");
  EXPECT_EQ(server_.request_count(), 3U);
}

TEST_F(InstanceTest, IsAskedTwice) {
  failures_left_ = 1;
  EXPECT_EQ(found(), "I by instance metadata");
  failures_left_ = 2;
  EXPECT_TRUE(contains(found(), "gives no session token (status 500)"));
}

TEST_F(InstanceTest, ThatKnowsOnlyVersion1IsNotUsed) {
  token_status_ = 404;
  const std::string message = found();
  EXPECT_TRUE(contains(message, "no AWS credentials found")) << message;
  EXPECT_TRUE(contains(message, "IMDSv2 must be on")) << message;
  EXPECT_EQ(server_.request_count(), 1U);
}

TEST_F(InstanceTest, WithoutARoleSaysSo) {
  role_ = "";
  EXPECT_TRUE(contains(found(), "the instance has no role"));
  role_ = "../../HIDDEN";
  EXPECT_TRUE(contains(found(), "the instance has no role"));
}

TEST_F(InstanceTest, IsNotAskedIfThatIsSwitchedOff) {
  set("AWS_EC2_METADATA_DISABLED", "TRUE");
  EXPECT_TRUE(contains(found(), "switched off by AWS_EC2_METADATA_DISABLED"));
  EXPECT_EQ(server_.request_count(), 0U);
}

TEST_F(InstanceTest, ThatIsNotThereIsNoLongWait) {
  set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1");
  const std::string message = found();
  EXPECT_TRUE(contains(message, "no AWS credentials found")) << message;
  EXPECT_TRUE(contains(message, "no answer from http://127.0.0.1:1")) << message;
  EXPECT_EQ(chain().provider_name(), "");
}

TEST_F(InstanceTest, AndAContainerOfThisMachineAreNotAskedByAProxy) {
  HttpOptions proxied;
  proxied.http_proxy = "http://127.0.0.1:1";
  HttpClient http(proxied);
  EXPECT_TRUE(CredentialChain(environment_, http, options_).get().ok());
  HttpServer container([&](const ServedRequest&) {
    return ServedResponse{200, json_answer("K", in_minutes(60))};
  });
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.url());
  EXPECT_TRUE(CredentialChain(environment_, http, options_).get().ok());
  EXPECT_EQ(container.request_count(), 1U);
}

TEST_F(InstanceTest, TheModeMustBeKnown) {
  environment_.variables.erase("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  set("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "IPv5");
  EXPECT_TRUE(contains(found(), "must be ipv4 or ipv6"));
}

TEST_F(InstanceTest, CredentialsThatHaveEndedAreUsedForTenMinutesMore) {
  expiration_ = in_minutes(-5);
  EXPECT_EQ(found(), "I by instance metadata");
  EXPECT_EQ(chain().get()->expires_at_us, kStart_us + 10 * kMinute_us);
}

TEST_F(InstanceTest, CredentialsLateInTheirLifeAreNotAskedForAgainAtOnce) {
  expiration_ = in_minutes(8);
  EXPECT_EQ(get(), "I");
  pass_minutes(3);
  EXPECT_EQ(get(), "I");
  EXPECT_EQ(server_.request_count(), 3U);
  pass_minutes(2);
  expiration_ = in_minutes(360);
  EXPECT_EQ(get(), "I");
  EXPECT_EQ(server_.request_count(), 6U);
}

// Roles

class StsTest : public CredentialChainTest {
 protected:
  StsTest() {
    set("AWS_ENDPOINT_URL_STS", server_.url());
    set("AWS_REGION", "eu-west-1");
  }

  ServedResponse answer(const ServedRequest& request) {
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.target, "/");
    const std::string error_code = error_code_.get();
    if (!error_code.empty()) {
      if (is_error_once_) error_code_ = "";
      return {403, sts_error(error_code)};
    }
    // Named by the last letters of the role's ARN: ...%3Arole%2FNAME
    const std::size_t name = request.body.find("role%2F") + 7;
    const std::string role = request.body.substr(name, request.body.find('&', name) - name);
    const bool by_token = contains(request.body, "Action=AssumeRoleWithWebIdentity&");
    return {200, sts_answer(by_token ? "AssumeRoleWithWebIdentity" : "AssumeRole", role,
                            in_minutes(60))};
  }
  // The key that signed the last call.
  std::string signer() const {
    const std::string header = server_.requests().back().header("authorization");
    const std::size_t at = header.find("Credential=AKHIDDEN");
    return at == header.npos ? "(none)" : header.substr(at + 19, header.find('/', at) - at - 19);
  }
  std::string body() const { return server_.requests().back().body; }

  Shared<std::string> error_code_{""};
  std::atomic<bool> is_error_once_ = false;
  HttpServer server_{[this](const ServedRequest& request) { return answer(request); }};
};

TEST_F(StsTest, AssumesARoleWithTheKeysOfAnotherProfile) {
  write_config("[profile base]\n" + keys("B") +
               "[default]\nrole_arn = arn:aws:iam::1:role/R\nsource_profile = base\n"
               "external_id = a b/c\nrole_session_name = me@home\nduration_seconds = 900\n");
  EXPECT_EQ(found(), "R by assume-role (profile default)");
  EXPECT_EQ(body(),
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2FR&"
            "RoleSessionName=me%40home&ExternalId=a%20b%2Fc&DurationSeconds=900");
  EXPECT_EQ(signer(), "B");
  EXPECT_TRUE(contains(server_.requests().back().header("authorization"),
                       "/20181101/eu-west-1/sts/aws4_request"));
  EXPECT_EQ(chain().get()->session_token.reveal(), "stHIDDENR");
  EXPECT_EQ(chain().get()->expires_at_us, kStart_us + 60 * kMinute_us);
}

TEST_F(StsTest, AssumesRolesInAChain) {
  write_config(
      "[default]\nrole_arn = arn:aws:iam::1:role/R3\nsource_profile = two\n"
      "[profile two]\nrole_arn = arn:aws:iam::1:role/R2\nsource_profile = one\n"
      "[profile one]\nrole_arn = arn:aws:iam::1:role/R1\nsource_profile = base\n");
  write_credentials("[base]\n" + keys("B"));
  EXPECT_EQ(found(), "R3 by assume-role (profile default)");
  ASSERT_EQ(server_.request_count(), 3U);
  EXPECT_EQ(signer(), "R2");
  EXPECT_TRUE(contains(body(), "&RoleSessionName=sparkify-1541075696"));
  EXPECT_EQ(server_.requests().back().header("x-amz-security-token"), "stHIDDENR2");
}

TEST_F(StsTest, KeysOfASourceProfileAreUsedBeforeItsRole) {
  write_config(
      "[default]\nrole_arn = arn:aws:iam::1:role/R\nsource_profile = base\n"
      "[profile base]\nrole_arn = arn:aws:iam::1:role/X\nsource_profile = gone\n" +
      keys("B"));
  EXPECT_EQ(found(), "R by assume-role (profile default)");
  EXPECT_EQ(signer(), "B");
}

TEST_F(StsTest, AProfileMayBeItsOwnSource) {
  write_config("[default]\nrole_arn = arn:aws:iam::1:role/R\nsource_profile = default\n" +
               keys("D"));
  EXPECT_EQ(found(), "R by assume-role (profile default)");
  EXPECT_EQ(signer(), "D");
}

TEST_F(StsTest, ALoopOfRolesIsAnError) {
  write_config(
      "[default]\nrole_arn = a\nsource_profile = two\n[profile two]\nrole_arn = b\n"
      "source_profile = default\n");
  EXPECT_TRUE(contains(found(), "leads back to itself (default -> two -> default)"));
  write_config("[default]\nrole_arn = a\nsource_profile = default\n");
  EXPECT_TRUE(contains(found(), "leads back to itself"));
}

TEST_F(StsTest, AChainThatIsTooLongIsAnError) {
  std::string config = "[default]\nrole_arn = a\nsource_profile = p0\n";
  for (int i = 0; i < 20; ++i) {
    config += fmt::format("[profile p{}]\nrole_arn = a\nsource_profile = p{}\n", i, i + 1);
  }
  write_config(config + "[profile p20]\n" + keys("B"));
  EXPECT_TRUE(contains(found(), "a chain of more than 10 roles"));
  EXPECT_EQ(server_.request_count(), 0U);
}

TEST_F(StsTest, TheSourceMayBeTheEnvironmentTheContainerOrTheInstance) {
  const auto role = [](const std::string& source) {
    return "[profile p]\nrole_arn = arn:aws:iam::1:role/R\ncredential_source = " + source + "\n";
  };
  environment_.profile = "p";
  write_config(role("Environment"));
  EXPECT_TRUE(contains(found(), "AWS_ACCESS_KEY_ID is not set"));
  set_keys("E");
  EXPECT_EQ(found(), "R by assume-role (profile p)");
  EXPECT_EQ(signer(), "E");

  HttpServer local([&](const ServedRequest& request) {
    if (request.method == "PUT") return ServedResponse{200, "HIDDEN"};
    if (request.target.ends_with('/')) return ServedResponse{200, "role"};
    return ServedResponse{200, json_answer("L", in_minutes(60))};
  });
  write_config(role("EcsContainer"));
  EXPECT_TRUE(contains(found(), "no AWS_CONTAINER_CREDENTIALS_* is set"));
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", local.url() + "/c");
  EXPECT_EQ(found(), "R by assume-role (profile p)");
  EXPECT_EQ(signer(), "L");

  write_config(role("Ec2InstanceMetadata"));
  EXPECT_TRUE(contains(found(), "switched off"));
  set("AWS_EC2_METADATA_DISABLED", "false");
  set("AWS_EC2_METADATA_SERVICE_ENDPOINT", local.url());
  EXPECT_EQ(found(), "R by assume-role (profile p)");
  EXPECT_EQ(signer(), "L");

  write_config(role("Nowhere"));
  EXPECT_TRUE(contains(found(), "credential_source must be"));
}

TEST_F(StsTest, ARoleThatIsSetUpWronglyIsAnError) {
  const std::string role = "[default]\nrole_arn = a\n";
  write_config(role);
  EXPECT_TRUE(contains(found(), "neither source_profile nor credential_source"));
  write_config(role + "source_profile = p\ncredential_source = Environment\n");
  EXPECT_TRUE(contains(found(), "has both"));
  write_config(role + "source_profile = gone\n");
  EXPECT_TRUE(contains(found(), "its source_profile gone is not there"));
  write_config(role + "source_profile = p\n[profile p]\nregion = r\n");
  EXPECT_TRUE(contains(found(), "its source_profile p has no credentials"));
  write_config(role + "source_profile = p\nduration_seconds = 1h\n[profile p]\n" + keys("P"));
  EXPECT_TRUE(contains(found(), "duration_seconds is no number"));
  write_config(role + "source_profile = p\nmfa_serial = arn:x\n[profile p]\n" + keys("P"));
  EXPECT_TRUE(contains(found(), "mfa_serial asks for a code"));
  EXPECT_EQ(server_.request_count(), 0U);
}

TEST_F(StsTest, ARefusalIsShownByItsKnownCodeOnly) {
  write_config("[default]\nrole_arn = a\nsource_profile = p\n[profile p]\n" + keys("P"));
  error_code_ = "AccessDenied";
  const std::string message = found();
  EXPECT_TRUE(contains(message, "refused AssumeRole (403 AccessDenied)")) << message;
  EXPECT_TRUE(contains(message, "signed with: config file (profile p)")) << message;
  error_code_ = "HIDDENcode";
  EXPECT_TRUE(contains(found(), "refused AssumeRole (status 403)"));
}

TEST_F(StsTest, AnAnswerWithoutCredentialsIsAnError) {
  HttpServer other([](const ServedRequest&) { return ServedResponse{200, "<HIDDEN>"}; });
  set("AWS_ENDPOINT_URL_STS", other.url());
  write_config("[default]\nrole_arn = a\nsource_profile = p\n[profile p]\n" + keys("P"));
  EXPECT_TRUE(contains(found(), "the answer to AssumeRole has no credentials"));
}

TEST_F(StsTest, ASourceThatEndedIsRenewedOnce) {
  std::atomic<int> count = 0;
  HttpServer container([&](const ServedRequest&) {
    return ServedResponse{200, json_answer(fmt::format("L{}", ++count), in_minutes(600))};
  });
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.url());
  write_config("[default]\nrole_arn = role/R\ncredential_source = EcsContainer\n");
  error_code_ = "ExpiredTokenException";
  is_error_once_ = true;
  EXPECT_EQ(found(), "R by assume-role (profile default)");
  EXPECT_EQ(signer(), "L2");
  error_code_ = "ExpiredToken";
  is_error_once_ = false;
  EXPECT_TRUE(contains(found(), "403 ExpiredToken"));
}

TEST_F(StsTest, ARolesSourceIsKeptUntilItEnds) {
  std::atomic<int> count = 0;
  HttpServer container([&](const ServedRequest&) {
    return ServedResponse{200, json_answer(fmt::format("L{}", ++count), in_minutes(90))};
  });
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", container.url());
  write_config("[default]\nrole_arn = role/R\ncredential_source = EcsContainer\n");
  EXPECT_EQ(get(), "R");
  pass_minutes(50);
  EXPECT_EQ(get(), "R");
  EXPECT_EQ(server_.request_count(), 2U);
  EXPECT_EQ(signer(), "L1");
  pass_minutes(50);
  EXPECT_EQ(get(), "R");
  EXPECT_EQ(signer(), "L2");
}

TEST_F(StsTest, AssumesARoleByTheWebIdentityOfTheEnvironment) {
  set("AWS_WEB_IDENTITY_TOKEN_FILE", write("token", "HIDDEN+1"));
  EXPECT_TRUE(contains(found(), "AWS_ROLE_ARN"));
  set("AWS_ROLE_ARN", "arn:aws:iam::1:role/W");
  set("AWS_ROLE_SESSION_NAME", "pod");
  EXPECT_EQ(found(), "W by web identity (environment)");
  EXPECT_EQ(body(),
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn="
            "arn%3Aaws%3Aiam%3A%3A1%3Arole%2FW&RoleSessionName=pod&WebIdentityToken=HIDDEN%2B1");
  EXPECT_EQ(signer(), "(none)");
  write("token", "HIDDEN2");
  pass_minutes(55);
  EXPECT_EQ(get(), "W");
  EXPECT_TRUE(contains(body(), "WebIdentityToken=HIDDEN2"));
}

TEST_F(StsTest, AssumesARoleByTheWebIdentityOfAProfile) {
  const std::string token = write("token", "HIDDEN1");
  write_config("[default]\nrole_arn = role/W\nweb_identity_token_file = " + token +
               "\n[profile r]\nrole_arn = role/R\nsource_profile = default\n");
  EXPECT_EQ(found(), "W by web identity (profile default)");
  environment_.profile = "r";
  EXPECT_EQ(found(), "R by assume-role (profile r)");
  EXPECT_EQ(signer(), "W");
  // The environment's does not count with a profile of the flag.
  set("AWS_WEB_IDENTITY_TOKEN_FILE", "/gone");
  set("AWS_ROLE_ARN", "role/X");
  environment_.profile = "default";
  EXPECT_EQ(found(), "W by web identity (profile default)");
}

TEST_F(StsTest, AWebIdentityThatFailsIsAnError) {
  set("AWS_WEB_IDENTITY_TOKEN_FILE", (home_ / "gone").string());
  set("AWS_ROLE_ARN", "role/W");
  EXPECT_TRUE(contains(found(), "web identity (environment): there is no token in the file"));
  set("AWS_WEB_IDENTITY_TOKEN_FILE", write("token", "HIDDEN1"));
  error_code_ = "InvalidIdentityToken";
  EXPECT_TRUE(contains(found(), "403 InvalidIdentityToken"));
}

// SSO

class SsoTest : public CredentialChainTest {
 protected:
  // sha1sum of "corp" and of "https://corp.example/start"
  static constexpr const char* kSessionFile =
      ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";

  SsoTest() {
    set("AWS_ENDPOINT_URL_SSO", server_.url());
    set("AWS_ENDPOINT_URL_SSO_OIDC", server_.url() + "/oidc");
  }

  void write_session_config() {
    write_config(
        "[default]\nsso_session = corp\nsso_account_id = 012345678901\nsso_role_name = R x\n"
        "[sso-session corp]\nsso_start_url = https://corp.example/start\nsso_region = eu-west-1\n");
  }
  static std::string token(const std::string& name, const std::string& expiration,
                           const std::string& more = "") {
    return fmt::format(
        R"({{"startUrl":"https://corp.example/start","accessToken":"HIDDEN{}","expiresAt":"{}"{}}})",
        name, expiration, more);
  }
  std::string registration(int minutes) const {
    return fmt::format(
        R"(,"refreshToken":"HIDDENr1","clientId":"HIDDENc","clientSecret":"HIDDENs",)"
        R"("registrationExpiresAt":"{}")",
        in_minutes(minutes));
  }

  ServedResponse answer(const ServedRequest& request) {
    if (request.target == "/oidc/token") {
      EXPECT_EQ(request.method, "POST");
      if (oidc_status_ != 200) return {oidc_status_, "HIDDEN"};
      return {200, R"({"accessToken":"HIDDENnew","expiresIn":3600,"refreshToken":"HIDDENr2"})"};
    }
    EXPECT_EQ(request.target, "/federation/credentials?role_name=R%20x&account_id=012345678901");
    if (portal_status_ != 200) return {portal_status_, "HIDDEN"};
    const std::string name = request.header("x-amz-sso_bearer_token").substr(6);
    return {200, fmt::format(R"({{"roleCredentials":{{"accessKeyId":"AKHIDDEN{0}",)"
                             R"("secretAccessKey":"skHIDDEN{0}","sessionToken":"stHIDDEN",)"
                             R"("expiration":{1}}}}})",
                             name, (now_us_.load() + 60 * kMinute_us) / 1000)};
  }

  std::atomic<int> portal_status_ = 200;
  std::atomic<int> oidc_status_ = 200;
  HttpServer server_{[this](const ServedRequest& request) { return answer(request); }};
};

TEST_F(SsoTest, TakesTheTokenOfALoginOfASession) {
  write_session_config();
  write(kSessionFile, token("one", in_minutes(60)));
  EXPECT_EQ(found(), "one by sso (profile default)");
  EXPECT_EQ(chain().get()->expires_at_us, kStart_us + 60 * kMinute_us);
  EXPECT_EQ(server_.request_count(), 1U);
}

TEST_F(SsoTest, TakesTheTokenOfALoginOfTheOlderForm) {
  write_config(
      "[profile old]\nsso_start_url = https://corp.example/start\nsso_region = eu-west-1\n"
      "sso_account_id = 012345678901\nsso_role_name = R x\n");
  write(".aws/sso/cache/f7c9b39d0b4c7a7d82c79307585f77e1c5e74378.json",
        token("two", in_minutes(60)));
  environment_.profile = "old";
  EXPECT_EQ(found(), "two by sso (profile old)");
}

TEST_F(SsoTest, SaysHowToLogIn) {
  write_session_config();
  EXPECT_TRUE(contains(found(), "nobody is logged in; run: aws sso login --profile default"));
  write(kSessionFile, "HIDDEN");
  EXPECT_TRUE(contains(found(), "cannot be read; run: aws sso login --profile default"));
  write(kSessionFile, token("one", in_minutes(-1)));
  EXPECT_TRUE(contains(found(), "has expired; run: aws sso login --profile default"));
  write(kSessionFile, token("one", in_minutes(-1), registration(-1)));
  EXPECT_TRUE(contains(found(), "has expired; run: aws sso login --profile default"));
  EXPECT_EQ(server_.request_count(), 0U);
  write(kSessionFile, token("one", in_minutes(60)));
  portal_status_ = 401;
  EXPECT_TRUE(contains(found(), "run: aws sso login --profile default"));
  portal_status_ = 403;
  EXPECT_TRUE(contains(found(), "refused (status 403); do sso_account_id"));
}

TEST_F(SsoTest, ExchangesATokenThatEndsForANewOneAndKeepsIt) {
  write_session_config();
  write(kSessionFile, token("one", in_minutes(-1), registration(600)));
  EXPECT_EQ(found(), "new by sso (profile default)");
  EXPECT_EQ(server_.requests().front().body,
            R"({"clientId":"HIDDENc","clientSecret":"HIDDENs","grantType":"refresh_token",)"
            R"("refreshToken":"HIDDENr1"})");
  const std::string kept = read(kSessionFile);
  EXPECT_TRUE(contains(kept, R"("accessToken":"HIDDENnew")")) << kept;
  EXPECT_TRUE(contains(kept, R"("refreshToken":"HIDDENr2")")) << kept;
  EXPECT_TRUE(contains(kept, R"("startUrl":"https://corp.example/start")")) << kept;
  EXPECT_TRUE(contains(kept, R"("expiresAt":")" + in_minutes(60))) << kept;
  struct stat status = {};
  ASSERT_EQ(stat((home_ / kSessionFile).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(SsoTest, ATokenThatCannotBeExchangedIsUsedUntilItEnds) {
  write_session_config();
  oidc_status_ = 400;
  write(kSessionFile, token("one", in_minutes(5), registration(600)));
  EXPECT_EQ(found(), "one by sso (profile default)");
  write(kSessionFile, token("one", in_minutes(-1), registration(600)));
  EXPECT_TRUE(contains(found(), "has expired; run: aws sso login"));
}

TEST_F(SsoTest, AProfileThatIsSetUpWronglyIsAnError) {
  write_config("[default]\nsso_account_id = 1\n");
  EXPECT_TRUE(contains(found(), "sso_start_url is not set"));
  write_config("[default]\nsso_account_id = 1\nsso_session = gone\n");
  EXPECT_TRUE(contains(found(), "there is no [sso-session gone]"));
  write_config(
      "[default]\nsso_account_id = 1\nsso_role_name = R\nsso_session = s\n"
      "sso_region = a\n[sso-session s]\nsso_start_url = u\nsso_region = b\n");
  EXPECT_TRUE(contains(found(), "sso_region differs"));
  write_config(
      "[default]\nsso_account_id = 1\nsso_role_name = R\nsso_start_url = u\n"
      "sso_region = a.evil/\n");
  EXPECT_TRUE(contains(found(), "sso_region is no AWS region"));
}

// The order

TEST_F(StsTest, ThePlacesAreLookedAtInTheOrderOfTheAwsCommandLine) {
  HttpServer local([&](const ServedRequest& request) {
    if (request.method == "PUT") return ServedResponse{200, "HIDDEN"};
    if (request.target.ends_with('/')) return ServedResponse{200, "role"};
    const std::string name = contains(request.target, "meta-data") ? "Instance" : "Container";
    return ServedResponse{200, json_answer(name, in_minutes(60))};
  });
  const std::string program = write_program("cat '" + (home_ / "answer").string() + "'\n");
  write("answer", json_answer("Process", in_minutes(60)));
  const std::string role = "role_arn = role/Role\nsource_profile = s\n";
  const std::string process = "credential_process = '" + program + "'\n";

  set("AWS_EC2_METADATA_DISABLED", "false");
  set("AWS_EC2_METADATA_SERVICE_ENDPOINT", local.url());
  EXPECT_TRUE(found().starts_with("Instance "));
  set("AWS_CONTAINER_CREDENTIALS_FULL_URI", local.url() + "/c");
  EXPECT_TRUE(found().starts_with("Container "));
  write_config("[default]\n" + keys("Config"));
  EXPECT_TRUE(found().starts_with("Config "));
  write_config("[default]\n" + keys("Config") + process);
  EXPECT_TRUE(found().starts_with("Process "));
  write_credentials("[default]\n" + keys("Shared") + "[s]\n" + keys("Source"));
  EXPECT_TRUE(found().starts_with("Shared "));
  set("AWS_WEB_IDENTITY_TOKEN_FILE", write("token", "HIDDEN"));
  set("AWS_ROLE_ARN", "role/Web");
  EXPECT_TRUE(found().starts_with("Web "));
  write_config("[default]\n" + keys("Config") + process + role);
  EXPECT_TRUE(found().starts_with("Role "));
  set_keys("Environment");
  EXPECT_TRUE(found().starts_with("Environment "));
}

// Refreshing

class RefreshTest : public CredentialChainTest {
 protected:
  RefreshTest() { set("AWS_CONTAINER_CREDENTIALS_FULL_URI", server_.url()); }

  ServedResponse answer() {
    const int number = ++count_;
    std::this_thread::sleep_for(std::chrono::milliseconds(delay_ms_.load()));
    if (status_ != 200) return {status_, "HIDDEN"};
    return {200, json_answer(fmt::format("{}", is_stuck_ ? 1 : number), in_minutes(life_minutes_))};
  }
  // What each of many threads gets that call at the same time.
  template <typename Call>
  std::vector<std::string> at_once(const Call& call) {
    chain();
    std::vector<std::string> results(16);
    std::vector<std::thread> threads;
    for (std::string& result : results) {
      threads.emplace_back([&] {
        const Result<AwsCredentials> outcome = call();
        result = outcome.ok() ? name_of(*outcome) : error_of(outcome);
      });
    }
    for (std::thread& thread : threads) thread.join();
    std::sort(results.begin(), results.end());
    results.erase(std::unique(results.begin(), results.end()), results.end());
    return results;
  }

  std::atomic<int> count_ = 0;
  std::atomic<int> delay_ms_ = 0;
  std::atomic<int> status_ = 200;
  std::atomic<int> life_minutes_ = 60;
  std::atomic<bool> is_stuck_ = false;
  HttpServer server_{[this](const ServedRequest&) { return answer(); }};
};

TEST_F(RefreshTest, ComesAQuarterOfAnHourBeforeTheEnd) {
  EXPECT_EQ(get(), "1");
  pass_minutes(44);
  EXPECT_EQ(get(), "1");
  pass_minutes(1);
  EXPECT_EQ(get(), "2");
  pass_minutes(44);
  EXPECT_EQ(get(), "2");
}

TEST_F(RefreshTest, ThatFailsLeavesTheOldOnesAndIsTriedAgainInAMinute) {
  EXPECT_EQ(get(), "1");
  pass_minutes(46);
  status_ = 403;
  testing::internal::CaptureStderr();
  EXPECT_EQ(get(), "1");
  EXPECT_EQ(get(), "1");
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_FALSE(contains(log, kMark)) << log;
  EXPECT_EQ(count_, 2);
  pass_minutes(1);
  status_ = 200;
  EXPECT_EQ(get(), "3");
}

TEST_F(RefreshTest, ThatFailsShortlyBeforeTheEndIsAnError) {
  EXPECT_EQ(get(), "1");
  pass_minutes(51);
  status_ = 403;
  EXPECT_TRUE(contains(get(), "container: "));
  status_ = 200;
  EXPECT_EQ(get(), "3");
}

TEST_F(RefreshTest, OfShortLivesDoesNotComeAtEachCall) {
  life_minutes_ = 15;
  EXPECT_EQ(get(), "1");
  pass_minutes(7);
  EXPECT_EQ(get(), "1");
  pass_minutes(1);
  EXPECT_EQ(get(), "2");
}

TEST_F(RefreshTest, GivesCredentialsThatHaveEndedAlready) {
  life_minutes_ = -1;
  EXPECT_TRUE(contains(get(), "container: the credentials have expired already"));
}

TEST_F(RefreshTest, ManyThreadsAskOnceAtTheStart) {
  delay_ms_ = 200;
  EXPECT_EQ(at_once([&] { return chain_->get(); }).size(), 1U);
  EXPECT_EQ(count_, 1);
}

TEST_F(RefreshTest, ManyThreadsGoOnWithTheOldOnesWhileOneAsks) {
  EXPECT_EQ(get(), "1");
  pass_minutes(46);
  delay_ms_ = 300;
  EXPECT_EQ(at_once([&] { return chain_->get(); }), (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(count_, 2);
}

TEST_F(RefreshTest, ManyThreadsRenewOnce) {
  EXPECT_EQ(get(), "1");
  const AwsCredentials refused = *chain().get();
  delay_ms_ = 200;
  EXPECT_EQ(at_once([&] { return chain_->renew(refused); }), std::vector<std::string>{"2"});
  EXPECT_EQ(count_, 2);
  EXPECT_EQ(get(), "2");
  EXPECT_EQ(name_of(*chain().renew(refused)), "2");
  EXPECT_EQ(count_, 2);
}

TEST_F(RefreshTest, ThreadsThatWaitForARenewalThatFailsShareItsError) {
  EXPECT_EQ(get(), "1");
  const AwsCredentials refused = *chain().get();
  delay_ms_ = 300;
  status_ = 403;
  EXPECT_EQ(at_once([&] { return chain_->renew(refused); }).size(), 1U);
  EXPECT_EQ(count_, 2);
}

TEST_F(RefreshTest, RenewingFailsIfThereAreNoOthers) {
  is_stuck_ = true;
  EXPECT_EQ(get(), "1");
  EXPECT_TRUE(contains(error_of(chain().renew(*chain().get())), "there are no others"));
  EXPECT_EQ(get(), "1");
}

TEST_F(CredentialChainTest, RenewingKeysOfTheEnvironmentFails) {
  set_keys("E");
  EXPECT_EQ(get(), "E");
  EXPECT_TRUE(contains(error_of(chain().renew(*chain().get())), "environment: AWS does not take"));
}

TEST_F(CredentialChainTest, RenewingReadsTheFileAgain) {
  write_credentials("[default]\n" + keys("1"));
  EXPECT_EQ(get(), "1");
  const AwsCredentials refused = *chain().get();
  write_credentials("[default]\n" + keys("2"));
  EXPECT_EQ(name_of(*chain().renew(refused)), "2");
  EXPECT_EQ(get(), "2");
}

}  // namespace
}  // namespace sparkify
