#include "aws/redshift_login.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/credentials/iso_time.h"
#include "fakes/http_server.h"

namespace sparkify {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::int64_t kNow_us = 1'541'075'696'000'000;  // 2018-11-01 12:34:56
constexpr std::int64_t kEnd_us = kNow_us + std::int64_t{900} * 1'000'000;

// Every key, password and body of these tests has this in it, and no message may.
constexpr std::string_view kMark = "HIDDEN";

// AWS's answers, in the form of its documents.

ServedResponse xml_login(const std::string& user, const std::string& password,
                         const std::string& expiration) {
  return {200, fmt::format("<GetClusterCredentialsWithIAMResponse "
                           "xmlns=\"http://redshift.amazonaws.com/doc/2012-12-01/\">\n"
                           "  <GetClusterCredentialsWithIAMResult>\n"
                           "    <DbUser>{}</DbUser>\n"
                           "    <DbPassword>{}</DbPassword>\n"
                           "    <Expiration>{}</Expiration>\n"
                           "    <NextRefreshTime>2018-11-01T12:40:00Z</NextRefreshTime>\n"
                           "  </GetClusterCredentialsWithIAMResult>\n"
                           "  <ResponseMetadata><RequestId>HIDDEN</RequestId></ResponseMetadata>\n"
                           "</GetClusterCredentialsWithIAMResponse>\n",
                           user, password, expiration)};
}

ServedResponse xml_refusal(int status, const std::string& code) {
  return {status,
          fmt::format("<ErrorResponse xmlns=\"http://redshift.amazonaws.com/doc/2012-12-01/\">"
                      "<Error><Type>Sender</Type><Code>{}</Code><Message>HIDDEN</Message></Error>"
                      "<RequestId>HIDDEN</RequestId></ErrorResponse>",
                      code)};
}

ServedResponse json_login(const std::string& user, const std::string& password,
                          const std::string& expiration) {
  return {200, fmt::format(R"({{"dbPassword":"{}","dbUser":"{}","expiration":{},)"
                           R"("nextRefreshTime":1541076000}})",
                           password, user, expiration)};
}

ServedResponse json_refusal(int status, const std::string& type) {
  return {status, fmt::format(R"({{"__type":"{}","message":"HIDDEN"}})", type)};
}

class RedshiftLoginTest : public testing::Test {
 protected:
  RedshiftLoginTest() {
    set("HOME", testing::TempDir() + "no_home");
    set("AWS_EC2_METADATA_DISABLED", "true");
    set("AWS_ACCESS_KEY_ID", "AKHIDDEN");
    set("AWS_SECRET_ACCESS_KEY", "skHIDDEN");
    set("AWS_ENDPOINT_URL", aws_.url());
    options_.clock = [] { return kNow_us; };
    options_.retry_pause_s = 0.01;
  }

  void set(const std::string& name, const std::string& value) {
    environment_.variables[name] = value;
  }
  // One for each request, the last for all that follow.
  void given(std::deque<ServedResponse> answers) {
    const std::lock_guard lock(mutex_);
    answers_ = std::move(answers);
  }
  // Credentials that can be renewed: each answer has other ones, 1, 2, ...
  void given_container() {
    set("AWS_ACCESS_KEY_ID", "");
    set("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/role");
    options_.container_endpoint = container_.url();
  }

  CredentialContext context() { return {environment_, http_, options_}; }
  Result<RedshiftLogin> get(const RedshiftTarget& target) {
    const CredentialContext context = this->context();
    CredentialChain chain(environment_, http_, options_);
    return get_redshift_login(context, chain, target);
  }
  std::string error_of(const RedshiftTarget& target) {
    const auto login = get(target);
    if (login.ok()) return "no error";
    EXPECT_EQ(login.error().kind, ErrorKind::config);
    EXPECT_THAT(login.error().message, Not(HasSubstr(kMark)));
    return login.error().message;
  }
  // The error where AWS answers so, every time.
  std::string error_after(const RedshiftTarget& target, const ServedResponse& answer) {
    given({answer});
    return error_of(target);
  }
  std::string refused(const RedshiftTarget& target, std::string_view rest) const {
    const bool is_serverless = target.kind == RedshiftKind::serverless;
    return fmt::format(
        "Redshift login ({}): {} refused {} ({}; the call was signed with: "
        "environment",
        is_serverless ? "workgroup etl" : "cluster examplecluster", aws_.url(),
        is_serverless ? "GetCredentials" : "GetClusterCredentialsWithIAM", rest);
  }
  ServedRequest last() const { return aws_.requests().back(); }
  std::size_t request_count() const { return aws_.request_count(); }

  const RedshiftTarget cluster_ = {RedshiftKind::provisioned, "examplecluster", "dev", "us-west-2"};
  const RedshiftTarget workgroup_ = {RedshiftKind::serverless, "etl", "dev", "eu-west-1"};

  std::mutex mutex_;
  std::deque<ServedResponse> answers_;
  std::atomic<int> container_count_ = 0;
  StopFlag stop_;
  HttpServer aws_{[this](const ServedRequest&) {
    const std::lock_guard lock(mutex_);
    ServedResponse answer = answers_.at(0);
    if (answers_.size() > 1) answers_.pop_front();
    return answer;
  }};
  HttpServer container_{[this](const ServedRequest&) {
    const int number = ++container_count_;
    return ServedResponse{
        200, fmt::format(R"({{"AccessKeyId":"AKHIDDEN{0}","SecretAccessKey":"skHIDDEN",)"
                         R"("Token":"stHIDDEN{0}","Expiration":"{1}"}})",
                         number, format_iso_time(kNow_us + std::int64_t{3600} * 1'000'000))};
  }};
  AwsEnvironment environment_;
  CredentialChainOptions options_;
  HttpClient http_{HttpOptions{}};
};

// What is asked

TEST_F(RedshiftLoginTest, AClustersLoginIsAskedForInTheQueryForm) {
  given({xml_login("IAM:alice", "pwHIDDEN", "2018-11-01T12:49:56Z")});
  ASSERT_TRUE(get(cluster_).ok());
  EXPECT_EQ(last().method, "POST");
  EXPECT_EQ(last().target, "/");
  EXPECT_EQ(last().header("content-type"), "application/x-www-form-urlencoded; charset=utf-8");
  EXPECT_EQ(last().header("x-amz-target"), "");
  EXPECT_EQ(last().header("x-amz-date"), "20181101T123456Z");
  EXPECT_THAT(last().header("authorization"),
              StartsWith("AWS4-HMAC-SHA256 Credential=AKHIDDEN/20181101/us-west-2/redshift/"
                         "aws4_request,SignedHeaders=content-type;host;x-amz-date,Signature="));
  EXPECT_EQ(last().body,
            "Action=GetClusterCredentialsWithIAM&Version=2012-12-01"
            "&ClusterIdentifier=examplecluster&DbName=dev&DurationSeconds=900");
}

TEST_F(RedshiftLoginTest, AWorkgroupsLoginIsAskedForInJson) {
  given({json_login("IAM:alice", "pwHIDDEN", "1541076596")});
  ASSERT_TRUE(get(workgroup_).ok());
  EXPECT_EQ(last().method, "POST");
  EXPECT_EQ(last().target, "/");
  EXPECT_EQ(last().header("content-type"), "application/x-amz-json-1.1");
  EXPECT_EQ(last().header("x-amz-target"), "RedshiftServerless.GetCredentials");
  EXPECT_EQ(last().header("x-amz-date"), "20181101T123456Z");
  EXPECT_THAT(
      last().header("authorization"),
      StartsWith(
          "AWS4-HMAC-SHA256 Credential=AKHIDDEN/20181101/eu-west-1/redshift-serverless/"
          "aws4_request,SignedHeaders=content-type;host;x-amz-date;x-amz-target,Signature="));
  EXPECT_EQ(
      nlohmann::json::parse(last().body),
      nlohmann::json::parse(R"({"workgroupName":"etl","dbName":"dev","durationSeconds":900})"));
}

TEST_F(RedshiftLoginTest, ASessionsTokenGoesAlong) {
  set("AWS_SESSION_TOKEN", "stHIDDEN");
  given({xml_login("IAMR:role", "pwHIDDEN", "2018-11-01T12:49:56Z")});
  ASSERT_TRUE(get(cluster_).ok());
  EXPECT_EQ(last().header("x-amz-security-token"), "stHIDDEN");
  EXPECT_THAT(last().header("authorization"), HasSubstr("x-amz-date;x-amz-security-token"));
}

TEST_F(RedshiftLoginTest, NamesAreSentAsTheyAre) {
  given({xml_login("IAM:alice", "pwHIDDEN", "2018-11-01T12:49:56Z")});
  ASSERT_TRUE(get({RedshiftKind::provisioned, "a&b=c", "d e+\xC3\xA9", "us-west-2"}).ok());
  EXPECT_THAT(last().body, HasSubstr("&ClusterIdentifier=a%26b%3Dc&DbName=d%20e%2B%C3%A9&"));
  given({json_login("IAM:alice", "pwHIDDEN", "1541076596")});
  ASSERT_TRUE(get({RedshiftKind::serverless, "a\"b", "d\\e\xC3\xA9", "us-west-2"}).ok());
  const auto body = nlohmann::json::parse(last().body);
  EXPECT_EQ(body.at("workgroupName"), "a\"b");
  EXPECT_EQ(body.at("dbName"), "d\\e\xC3\xA9");
}

TEST_F(RedshiftLoginTest, EachServiceHasItsEndpointOfTheEnvironment) {
  set("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
  set("AWS_ENDPOINT_URL_REDSHIFT", aws_.url() + "/cluster/");
  set("AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS", aws_.url() + "/workgroup");
  given({xml_login("IAM:alice", "pwHIDDEN", "2018-11-01T12:49:56Z")});
  ASSERT_TRUE(get(cluster_).ok());
  EXPECT_EQ(last().target, "/cluster/");
  given({json_login("IAM:alice", "pwHIDDEN", "1541076596")});
  ASSERT_TRUE(get(workgroup_).ok());
  EXPECT_EQ(last().target, "/workgroup/");
}

// A proxy sees which host is asked, and lets nobody through.
TEST_F(RedshiftLoginTest, WithoutAnEndpointAWSsOwnAddressIsAsked) {
  set("AWS_ENDPOINT_URL", "");
  given({{403, ""}});
  HttpOptions through_proxy;
  through_proxy.https_proxy = aws_.url();
  HttpClient http(std::move(through_proxy));
  const CredentialContext context = {environment_, http, options_};
  CredentialChain chain(environment_, http, options_);
  const auto asked = [&](RedshiftKind kind, const std::string& region) {
    const auto login = get_redshift_login(context, chain, {kind, "name", "dev", region});
    EXPECT_FALSE(login.ok());
    EXPECT_EQ(last().method, "CONNECT");
    return last().target;
  };
  EXPECT_EQ(asked(RedshiftKind::provisioned, "us-west-2"), "redshift.us-west-2.amazonaws.com:443");
  EXPECT_EQ(asked(RedshiftKind::serverless, "us-west-2"),
            "redshift-serverless.us-west-2.amazonaws.com:443");
  EXPECT_EQ(asked(RedshiftKind::provisioned, "cn-north-1"),
            "redshift.cn-north-1.amazonaws.com.cn:443");
}

TEST_F(RedshiftLoginTest, TheTargetsRegionGoesBeforeTheEnvironments) {
  set("AWS_REGION", "ap-south-1");
  given({xml_login("IAM:alice", "pwHIDDEN", "2018-11-01T12:49:56Z")});
  ASSERT_TRUE(get(cluster_).ok());
  EXPECT_THAT(last().header("authorization"), HasSubstr("/us-west-2/redshift/"));
  ASSERT_TRUE(get({RedshiftKind::provisioned, "examplecluster", "dev", std::nullopt}).ok());
  EXPECT_THAT(last().header("authorization"), HasSubstr("/ap-south-1/redshift/"));
}

// What cannot be asked

TEST_F(RedshiftLoginTest, WithoutARegionNobodyIsAsked) {
  EXPECT_EQ(error_of({RedshiftKind::provisioned, "examplecluster", "dev", std::nullopt}),
            "Redshift login (cluster examplecluster): no region is known; give --region or set "
            "AWS_REGION");
  EXPECT_EQ(error_of({RedshiftKind::provisioned, "examplecluster", "dev", "a.example.com/"}),
            "Redshift login (cluster examplecluster): a.example.com/ is no AWS region");
  EXPECT_EQ(request_count(), 0U);
}

TEST_F(RedshiftLoginTest, NamesThatCannotBeAreNotAskedFor) {
  for (const std::string& name : {std::string(), std::string("a\0b", 3), std::string("\xff")}) {
    EXPECT_THAT(error_of({RedshiftKind::serverless, name, "dev", "us-west-2"}),
                HasSubstr("the name of the workgroup is empty or cannot be one"));
    EXPECT_THAT(error_of({RedshiftKind::serverless, "etl", name, "us-west-2"}),
                HasSubstr("the name of the database is empty or cannot be one"));
  }
  EXPECT_EQ(request_count(), 0U);
}

TEST_F(RedshiftLoginTest, AWrongEndpointIsAnErrorWithItsSetting) {
  set("AWS_ENDPOINT_URL_REDSHIFT", "ftp://HIDDEN");
  EXPECT_THAT(error_of(cluster_), StartsWith("AWS_ENDPOINT_URL_REDSHIFT: is no address"));
}

TEST_F(RedshiftLoginTest, WithoutAwsCredentialsSaysWhatTheyAreFor) {
  set("AWS_ACCESS_KEY_ID", "");
  EXPECT_THAT(error_of(cluster_),
              StartsWith("Redshift login (cluster examplecluster): no AWS credentials found: "));
  EXPECT_EQ(request_count(), 0U);
}

// What is answered

TEST_F(RedshiftLoginTest, AClustersAnswerIsRead) {
  given({xml_login("IAMR:etl&amp;role", "pw&lt;HIDDEN&gt; &quot;'", "2018-11-01T12:49:56.000Z")});
  const auto login = get(cluster_);
  ASSERT_TRUE(login.ok()) << login.error().message;
  EXPECT_EQ(login->user, "IAMR:etl&role");
  EXPECT_EQ(login->password.reveal(), "pw<HIDDEN> \"'");
  EXPECT_EQ(login->expires_at_us, kEnd_us);
  EXPECT_EQ(request_count(), 1U);
}

TEST_F(RedshiftLoginTest, AWorkgroupsAnswerIsRead) {
  given({json_login("IAM:al\\u00efce", "pw\\\"HIDDEN\\\\", "1541076596")});
  const auto login = get(workgroup_);
  ASSERT_TRUE(login.ok()) << login.error().message;
  EXPECT_EQ(login->user,
            "IAM:al\xC3\xAF"
            "ce");
  EXPECT_EQ(login->password.reveal(), "pw\"HIDDEN\\");
  EXPECT_EQ(login->expires_at_us, kEnd_us);
}

TEST_F(RedshiftLoginTest, AWorkgroupsEndMayHaveAFraction) {
  for (const char* const number : {"1541076596.25", "1.54107659625E9"}) {
    given({json_login("IAM:alice", "pwHIDDEN", number)});
    const auto login = get(workgroup_);
    ASSERT_TRUE(login.ok()) << login.error().message;
    EXPECT_EQ(login->expires_at_us, kEnd_us + 250'000);
  }
}

TEST_F(RedshiftLoginTest, ABrokenAnswerOfTheClustersApiIsNone) {
  const std::string end = "2018-11-01T12:49:56Z";
  const std::string whole = xml_login("IAM:alice", "pwHIDDEN", end).body;
  for (const ServedResponse& answer : std::vector<ServedResponse>{
           {200, ""},
           {200, "HIDDEN"},
           {200, "<html><body>HIDDEN</body></html>"},
           {200, whole.substr(0, whole.find("<DbPassword>"))},
           xml_login("", "pwHIDDEN", end),
           xml_login("IAM:alice", "", end),
           xml_login("IAM:HIDDEN&#10;", "pwHIDDEN", end),
           xml_login("IAM:alice", "pwHIDDEN&#9;", end),
           xml_login("IAM:alice", "pwHIDDEN", ""),
           xml_login("IAM:alice", "pwHIDDEN", "1541076596"),
           json_login("IAM:alice", "pwHIDDEN", "1541076596"),
       }) {
    EXPECT_EQ(error_after(cluster_, answer),
              "Redshift login (cluster examplecluster): the answer to "
              "GetClusterCredentialsWithIAM has no user, password and end of it; is " +
                  aws_.url() + " the API of Redshift?")
        << answer.body;
  }
}

TEST_F(RedshiftLoginTest, ABrokenAnswerOfTheWorkgroupsApiIsNone) {
  for (const ServedResponse& answer : std::vector<ServedResponse>{
           {200, ""},
           {200, "HIDDEN"},
           {200, "{}"},
           {200, "[\"HIDDEN\"]"},
           {200, R"({"dbUser":"IAM:alice","dbPassword":"pwHIDDEN"})"},
           {200, R"({"dbUser":1,"dbPassword":"pwHIDDEN","expiration":1541076596})"},
           {200, R"({"dbUser":"IAM:alice","dbPassword":["HIDDEN"],"expiration":1541076596})"},
           json_login("", "pwHIDDEN", "1541076596"),
           json_login("IAM:alice", "", "1541076596"),
           json_login("IAM:alice\\u0000", "pwHIDDEN", "1541076596"),
           json_login("IAM:alice", "pwHIDDEN\\n", "1541076596"),
           json_login("IAM:alice", "pwHIDDEN\xff", "1541076596"),
           json_login("IAM:alice", "pwHIDDEN", "null"),
           json_login("IAM:alice", "pwHIDDEN", "\"2018-11-01T12:49:56Z\""),
           json_login("IAM:alice", "pwHIDDEN", "-1"),
           json_login("IAM:alice", "pwHIDDEN", "1e18"),
           json_login("IAM:alice", "pwHIDDEN", "1e999"),
           xml_login("IAM:alice", "pwHIDDEN", "2018-11-01T12:49:56Z"),
       }) {
    EXPECT_EQ(error_after(workgroup_, answer),
              "Redshift login (workgroup etl): the answer to GetCredentials has no user, password "
              "and end of it; is " +
                  aws_.url() + " the API of Redshift?")
        << answer.body;
  }
}

TEST_F(RedshiftLoginTest, AnEndlessAnswerIsNone) {
  EXPECT_THAT(error_after(cluster_, {200, std::string(70'000, 'x') + "HIDDEN"}),
              HasSubstr("answered with more than 64 KiB"));
}

// What is refused

TEST_F(RedshiftLoginTest, RefusedAccessNamesThePermission) {
  const std::string_view rest = "; if it is another account's, take a role of that account";
  EXPECT_EQ(error_after(cluster_, xml_refusal(403, "AccessDenied")),
            refused(cluster_, fmt::format("403 AccessDenied): the credentials need the permission "
                                          "redshift:GetClusterCredentialsWithIAM for the cluster "
                                          "examplecluster and its database dev{}",
                                          rest)));
  EXPECT_EQ(error_after(workgroup_, json_refusal(400, "AccessDeniedException")),
            refused(workgroup_, fmt::format("400 AccessDeniedException): the credentials need the "
                                            "permission redshift-serverless:GetCredentials for the "
                                            "workgroup etl and its database dev{}",
                                            rest)));
  EXPECT_EQ(request_count(), 2U);
}

TEST_F(RedshiftLoginTest, WhatIsNotThereIsToldWithRegionAndAccount) {
  EXPECT_EQ(error_after(cluster_, xml_refusal(404, "ClusterNotFound")),
            refused(cluster_,
                    "404 ClusterNotFound): the account of the credentials has no cluster "
                    "examplecluster in us-west-2; look at the name, the region and the account"));
  EXPECT_EQ(error_after(workgroup_, json_refusal(400, "ResourceNotFoundException")),
            refused(workgroup_,
                    "400 ResourceNotFoundException): the account of the credentials has no "
                    "workgroup etl in eu-west-1; look at the name, the region and the account"));
}

TEST_F(RedshiftLoginTest, EachKnownCodeOfAClustersRefusalSaysWhatToDo) {
  const std::vector<std::pair<std::string, std::string>> known = {
      {"ClusterNotFoundFault", "has no cluster examplecluster in us-west-2"},
      {"ExpiredToken", "AWS does not take these credentials any more"},
      {"IncompleteSignature", "the secret key does not belong to the key id, or the clock"},
      {"InternalFailure", "AWS is in trouble; try again later"},
      {"InvalidAction", "what answers there is another service; look at the configured endpoint"},
      {"InvalidClientTokenId", "AWS does not know the key that signed; or it is of other regions"},
      {"InvalidParameterValue", "the names of the cluster (examplecluster) and of the database"},
      {"MissingAuthenticationToken", "AWS sees no signature"},
      {"NotAuthorized", "permission redshift:GetClusterCredentialsWithIAM"},
      {"OptInRequired", "the account has not signed up for Amazon Redshift"},
      {"RequestExpired", "the clock of this machine is wrong"},
      {"ServiceUnavailable", "AWS is in trouble; try again later"},
      {"SignatureDoesNotMatch", "the secret key does not belong to the key id, or the clock"},
      {"Throttling", "too many calls; try again later"},
      {"UnsupportedOperation", "AWS gives no such login to this cluster; log in with a password"},
      {"ValidationError", "the names of the cluster (examplecluster) and of the database (dev)"},
  };
  for (const auto& [code, text] : known) {
    EXPECT_THAT(error_after(cluster_, xml_refusal(400, code)), HasSubstr(text));
  }
}

TEST_F(RedshiftLoginTest, EachKnownCodeOfAWorkgroupsRefusalSaysWhatToDo) {
  const std::vector<std::pair<std::string, std::string>> known = {
      {"ExpiredTokenException", "AWS does not take these credentials any more"},
      {"IncompleteSignatureException",
       "the secret key does not belong to the key id, or the clock"},
      {"InternalServerException", "AWS is in trouble; try again later"},
      {"InvalidSignatureException", "the secret key does not belong to the key id, or the clock"},
      {"MissingAuthenticationTokenException", "AWS sees no signature"},
      {"ThrottlingException", "too many calls; try again later"},
      {"UnknownOperationException", "what answers there is another service"},
      {"UnrecognizedClientException", "AWS does not know the key that signed"},
      {"ValidationException", "the names of the workgroup (etl) and of the database (dev)"},
  };
  for (const auto& [code, text] : known) {
    EXPECT_THAT(error_after(workgroup_, json_refusal(400, code)), HasSubstr(text));
  }
}

TEST_F(RedshiftLoginTest, ACodeOfJsonMayHaveANamespaceAndAnAddressOrStandInAHeader) {
  const ServedResponse in_header = {
      400, R"({"message":"HIDDEN"})", {{"x-amzn-ErrorType", "ValidationException:http://HIDDEN/"}}};
  for (const ServedResponse& answer :
       {json_refusal(400, "com.example.HIDDEN#ValidationException"),
        json_refusal(400, "HIDDEN#ValidationException:http://HIDDEN/"), in_header}) {
    EXPECT_THAT(error_after(workgroup_, answer), HasSubstr(" (400 ValidationException): look at"));
  }
}

TEST_F(RedshiftLoginTest, AnUnknownRefusalShowsItsStatusOnly) {
  for (const ServedResponse& answer : std::vector<ServedResponse>{
           xml_refusal(418, "HIDDEN"), xml_refusal(418, ""), {418, "HIDDEN"}, {418, ""}}) {
    EXPECT_EQ(error_after(cluster_, answer), refused(cluster_, "status 418)"));
  }
  for (const ServedResponse& answer : std::vector<ServedResponse>{
           json_refusal(418, "HIDDEN"), {418, "[]"}, {418, R"({"__type":1})"}, {418, "HIDDEN"}}) {
    EXPECT_EQ(error_after(workgroup_, answer), refused(workgroup_, "status 418)"));
  }
}

TEST_F(RedshiftLoginTest, NamesOfTheUserAreShownSafely) {
  given({xml_refusal(403, "AccessDenied")});
  EXPECT_THAT(
      error_of({RedshiftKind::provisioned,
                "a\xC2\x9B"
                "b",
                "d\xE2\x80\xAE"
                "e",
                "us-west-2"}),
      AllOf(StartsWith("Redshift login (cluster a\\x9bb): "), HasSubstr("database d\\u202ee;")));
}

// Again

TEST_F(RedshiftLoginTest, TroubleThatMayPassIsAskedAgain) {
  const ServedResponse good = xml_login("IAM:alice", "pwHIDDEN", "2018-11-01T12:49:56Z");
  for (const ServedResponse& bad :
       std::vector<ServedResponse>{{.status = 0, .body = ""},
                                   {502, "HIDDEN"},
                                   xml_refusal(503, "ServiceUnavailable"),
                                   xml_refusal(429, "Throttling"),
                                   xml_refusal(400, "Throttling")}) {
    given({bad, bad, good});
    const auto login = get(cluster_);
    EXPECT_TRUE(login.ok()) << login.error().message;
  }
}

TEST_F(RedshiftLoginTest, TroubleThatStaysIsAskedThreeTimes) {
  EXPECT_EQ(error_after(cluster_, {502, "HIDDEN"}),
            refused(cluster_, "status 502): AWS is in trouble; try again later"));
  EXPECT_EQ(request_count(), 3U);
  EXPECT_EQ(error_after(workgroup_, json_refusal(400, "ThrottlingException")),
            refused(workgroup_, "400 ThrottlingException): too many calls; try again later"));
  EXPECT_EQ(request_count(), 6U);
  EXPECT_EQ(error_after(workgroup_, json_refusal(429, "ThrottlingException")),
            refused(workgroup_, "429 ThrottlingException): too many calls; try again later"));
  EXPECT_EQ(request_count(), 9U);
}

TEST_F(RedshiftLoginTest, NobodyAtTheEndpointIsAnErrorWithItsAddress) {
  set("AWS_ENDPOINT_URL", "http://user:HIDDEN@127.0.0.1:1");
  EXPECT_THAT(error_of(cluster_), StartsWith("Redshift login (cluster examplecluster): no answer "
                                             "from http://127.0.0.1:1 ("));
}

TEST_F(RedshiftLoginTest, AStopEndsThePause) {
  options_.stop = &stop_;
  options_.retry_pause_s = 600;
  stop_.request(15);
  for (const ServedResponse& answer :
       {xml_refusal(400, "Throttling"), xml_refusal(503, "Throttling")}) {
    given({answer});
    const auto login = get(cluster_);
    ASSERT_FALSE(login.ok());
    EXPECT_EQ(login.error().kind, ErrorKind::stopped);
    EXPECT_EQ(login.error().message, "Redshift login (cluster examplecluster): stopped");
  }
}

// Credentials that have ended

TEST_F(RedshiftLoginTest, CredentialsThatHaveEndedAreRenewedOnce) {
  given_container();
  given({xml_refusal(403, "ExpiredToken"),
         xml_login("IAM:alice", "pwHIDDEN", "2018-11-01T12:49:56Z")});
  ASSERT_TRUE(get(cluster_).ok());
  EXPECT_EQ(container_count_, 2);
  ASSERT_EQ(request_count(), 2U);
  EXPECT_EQ(aws_.requests()[0].header("x-amz-security-token"), "stHIDDEN1");
  EXPECT_EQ(aws_.requests()[1].header("x-amz-security-token"), "stHIDDEN2");
  EXPECT_THAT(last().header("authorization"), HasSubstr("Credential=AKHIDDEN2/"));

  given({json_refusal(400, "ExpiredTokenException"),
         json_login("IAM:alice", "pwHIDDEN", "1541076596")});
  EXPECT_TRUE(get(workgroup_).ok());
}

TEST_F(RedshiftLoginTest, RenewedCredentialsThatHaveEndedTooAreRefused) {
  given_container();
  EXPECT_THAT(
      error_after(cluster_, xml_refusal(403, "ExpiredToken")),
      AllOf(HasSubstr("(403 ExpiredToken): the credentials have ended; log in to AWS again"),
            EndsWith("signed with: container")));
  EXPECT_EQ(container_count_, 2);
  EXPECT_EQ(request_count(), 2U);
}

TEST_F(RedshiftLoginTest, KeysThatHaveEndedAndCannotBeRenewedAreAnError) {
  EXPECT_THAT(error_after(cluster_, xml_refusal(403, "ExpiredToken")),
              StartsWith("Redshift login (cluster examplecluster): environment: AWS does not take "
                         "these credentials any more"));
  EXPECT_EQ(request_count(), 1U);
}

}  // namespace
}  // namespace sparkify
