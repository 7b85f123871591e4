#include "source/s3/s3_request.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace sparkify {
namespace {

using Next = S3Verdict::Next;
using ::testing::HasSubstr;

HttpResponse answer(int status, const std::string& code = "",
                    std::vector<HttpHeader> headers = {}) {
  HttpResponse response;
  response.status = status;
  response.headers = std::move(headers);
  if (!code.empty()) {
    response.body =
        fmt::format("<Error><Code>{}</Code><Message>HIDDEN in a message</Message></Error>", code);
  }
  return response;
}

HttpResponse trouble(HttpTrouble kind) {
  HttpResponse response;
  response.trouble = kind;
  response.detail = "the detail";
  return response;
}

Next next_of(const HttpResponse& response) { return judge(S3Request(), response).next; }

TEST(S3Verdict, WhatIsExpectedIsTaken) {
  EXPECT_EQ(next_of(answer(200)), Next::take);
  EXPECT_EQ(next_of(answer(206)), Next::take);
  S3Request request;
  request.expected_status = {404, 412};
  EXPECT_EQ(judge(request, answer(404, "NoSuchKey")).next, Next::take);
  EXPECT_EQ(judge(request, answer(412)).next, Next::take);
  EXPECT_EQ(judge(request, answer(403)).next, Next::refuse);
}

TEST(S3Verdict, TroubleOnTheWayIsOfItsKind) {
  EXPECT_EQ(next_of(trouble(HttpTrouble::stopped)), Next::stop);
  EXPECT_EQ(next_of(trouble(HttpTrouble::connect)), Next::unreachable);
  EXPECT_EQ(next_of(trouble(HttpTrouble::tls)), Next::refuse);
  for (const HttpTrouble kind :
       {HttpTrouble::timeout, HttpTrouble::cut, HttpTrouble::malformed, HttpTrouble::too_long}) {
    EXPECT_EQ(next_of(trouble(kind)), Next::retry);
  }
  EXPECT_EQ(judge(S3Request(), trouble(HttpTrouble::cut)).detail, "the detail");
}

TEST(S3Verdict, WhatPassesIsTriedAgain) {
  for (const int status : {408, 429, 500, 502, 503, 504, 599, 307}) {
    EXPECT_EQ(next_of(answer(status)), Next::retry) << status;
  }
  for (const char* code : {"RequestTimeout", "SlowDown", "ThrottlingException", "InternalError",
                           "OperationAborted", "RequestLimitExceeded"}) {
    EXPECT_EQ(next_of(answer(400, code)), Next::retry) << code;
  }
}

TEST(S3Verdict, WhatLastsIsRefused) {
  for (const int status : {301, 302, 304, 400, 401, 403, 404, 405, 409, 410, 416, 501, 505}) {
    EXPECT_EQ(next_of(answer(status)), Next::refuse) << status;
  }
  for (const char* code :
       {"AccessDenied", "NoSuchBucket", "InvalidObjectState", "AllAccessDisabled"}) {
    EXPECT_EQ(next_of(answer(403, code)), Next::refuse) << code;
  }
}

TEST(S3Verdict, CredentialsThatExpiredAreRenewedAndWrongOnesAreNot) {
  for (const char* code : {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}) {
    EXPECT_EQ(next_of(answer(400, code)), Next::renew) << code;
    EXPECT_EQ(next_of(answer(403, code)), Next::renew) << code;
    EXPECT_EQ(next_of(answer(400, code, {{"x-amz-bucket-region", "eu-west-1"}})), Next::renew);
  }
  for (const char* code : {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken"}) {
    EXPECT_EQ(next_of(answer(403, code)), Next::credentials) << code;
  }
}

TEST(S3Verdict, AnotherRegionIsNamedByTheHeaderOrTheBody) {
  for (const int status : {301, 307, 400}) {
    const auto verdict =
        judge(S3Request(), answer(status, "", {{"x-amz-bucket-region", "eu-west-1"}}));
    EXPECT_EQ(verdict.next, Next::other_region) << status;
    EXPECT_EQ(verdict.region, "eu-west-1");
  }
  HttpResponse malformed = answer(400);
  malformed.body =
      "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-3</Region></Error>";
  EXPECT_EQ(judge(S3Request(), malformed).region, "eu-west-3");
  EXPECT_EQ(next_of(answer(403, "AccessDenied", {{"x-amz-bucket-region", "eu-west-1"}})),
            Next::refuse);
}

TEST(S3Verdict, AWrongClockTellsTheServersTime) {
  HttpResponse skewed = answer(403);
  skewed.body =
      "<Error><Code>RequestTimeTooSkewed</Code><ServerTime>2018-11-01T00:00:00Z</ServerTime></"
      "Error>";
  EXPECT_EQ(judge(S3Request(), skewed).next, Next::clock);
  EXPECT_EQ(judge(S3Request(), skewed).detail, "2018-11-01T00:00:00Z");
  const auto verdict =
      judge(S3Request(), answer(403, "RequestTimeTooSkewed", {{"Date", "Thu, 01 Nov 2018"}}));
  EXPECT_EQ(verdict.detail, "Thu, 01 Nov 2018");
}

TEST(S3Verdict, AFaultInAGoodAnswerIsTriedAgainAndToldWithS3sWord) {
  S3Request request;
  request.fault = [](const HttpResponse&) { return "it is too short"; };
  EXPECT_EQ(judge(request, answer(200)).next, Next::retry);
  EXPECT_EQ(judge(request, answer(200)).detail, "it is too short");
  EXPECT_EQ(judge(request, answer(200, "InternalError")).detail,
            "it is too short; it says InternalError");
}

TEST(S3Verdict, TellsTheStatusAndTheCodeButNoMessage) {
  EXPECT_EQ(judge(S3Request(), answer(503, "SlowDown")).detail, "503 SlowDown");
  EXPECT_EQ(judge(S3Request(), answer(503)).detail, "503");
  EXPECT_EQ(judge(S3Request(), answer(403, "a\x1b[31mb")).detail.find('\x1b'), std::string::npos);
  EXPECT_LT(judge(S3Request(), answer(403, std::string(5000, 'x'))).detail.size(), 300U);
}

class RefusalTest : public ::testing::Test {
 protected:
  RefusalTest() {
    request_.bucket = "bucket";
    request_.key = "a/b.json";
    request_.permission = "s3:GetObject";
  }
  std::string explain(const HttpResponse& response) const {
    const std::string text =
        explain_refusal(request_, response, judge(request_, response).detail, "from: environment");
    EXPECT_EQ(text.find("HIDDEN"), std::string::npos);
    return text;
  }

  S3Request request_;
};

TEST_F(RefusalTest, SaysWhichPermissionIsNeeded) {
  EXPECT_EQ(explain(answer(403, "AccessDenied")),
            "s3://bucket/a/b.json: GET refused (403 AccessDenied); the credentials (from: "
            "environment) need the permission s3:GetObject for it, and kms:Decrypt if it is "
            "encrypted by KMS");
  request_.key = "";
  request_.permission = "s3:ListBucket";
  EXPECT_EQ(explain(answer(403, "AccessDenied")),
            "s3://bucket/: GET refused (403 AccessDenied); the credentials (from: environment) "
            "need the permission s3:ListBucket for it");
}

TEST_F(RefusalTest, SaysWhatToDo) {
  EXPECT_THAT(explain(answer(404, "NoSuchBucket")), HasSubstr("there is no bucket bucket"));
  EXPECT_THAT(explain(answer(403, "InvalidObjectState")), HasSubstr("restore it first"));
  EXPECT_THAT(explain(answer(301, "PermanentRedirect")), HasSubstr("(--region)"));
  EXPECT_THAT(explain(answer(405, "MethodNotAllowed")), HasSubstr("asking again would not help"));
  EXPECT_EQ(
      explain(trouble(HttpTrouble::tls)),
      "s3://bucket/a/b.json: the server could not be verified (the detail); set AWS_CA_BUNDLE "
      "to the certificate of the authority that signed it, or correct the endpoint");
}

TEST_F(RefusalTest, IsSafeOnATerminal) {
  request_.key = "a\x1b[31m\n";
  EXPECT_EQ(explain(answer(403)).find('\x1b'), std::string::npos);
  EXPECT_EQ(request_.target().find('\n'), std::string::npos);
}

}  // namespace
}  // namespace sparkify
