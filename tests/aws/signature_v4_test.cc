#include "aws/signature_v4.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace sparkify {
namespace {

constexpr std::int64_t kMay2013_us = 1'369'353'600'000'000;     // 2013-05-24 00:00:00
constexpr std::int64_t kAugust2015_us = 1'440'938'160'000'000;  // 2015-08-30 12:36:00

std::string value_of(const HttpRequest& request, std::string_view name) {
  std::string found = "(none)";
  for (const HttpHeader& header : request.headers) {
    if (header.name != name) continue;
    EXPECT_EQ(found, "(none)") << name << " is there twice";
    found = header.value;
  }
  return found;
}

std::string part_of(const std::string& authorization, std::string_view name) {
  const std::size_t begin = authorization.find(std::string(name) + "=");
  if (begin == authorization.npos) return "(none)";
  const std::size_t value = begin + name.size() + 1;
  return authorization.substr(value, authorization.find(',', value) - value);
}

// The examples of "Authenticating Requests: Using the Authorization Header (AWS Signature Version
// 4)", section "Examples: Signature Calculations", of the Amazon S3 API reference.
class S3ExamplesTest : public ::testing::Test {
 protected:
  static HttpRequest request(const std::string& method, const std::string& target) {
    HttpRequest request;
    request.method = method;
    request.url = "https://examplebucket.s3.amazonaws.com" + target;
    return request;
  }
  static void sign_example(HttpRequest& request) {
    const AwsCredentials credentials{
        "AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), {}, {}};
    sign(request, credentials, {"us-east-1", "s3", kMay2013_us});
  }
};

TEST_F(S3ExamplesTest, GetAnObjectsRange) {
  HttpRequest get = request("GET", "/test.txt");
  get.headers = {{"Range", "bytes=0-9"}};
  sign_example(get);
  EXPECT_EQ(value_of(get, "Authorization"),
            "AWS4-HMAC-SHA256 "
            "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  EXPECT_EQ(value_of(get, "x-amz-date"), "20130524T000000Z");
  EXPECT_EQ(value_of(get, "x-amz-content-sha256"),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(value_of(get, "x-amz-security-token"), "(none)");
}

TEST_F(S3ExamplesTest, PutAnObject) {
  HttpRequest put = request("PUT", "/test%24file.text");
  put.headers = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                 {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
  put.body = "Welcome to Amazon S3.";
  sign_example(put);
  EXPECT_EQ(value_of(put, "Authorization"),
            "AWS4-HMAC-SHA256 "
            "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,"
            "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  EXPECT_EQ(value_of(put, "x-amz-content-sha256"),
            "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
}

// The example asks for `?lifecycle`; we are given each parameter with its `=`, which is how the
// example's canonical request has it.
TEST_F(S3ExamplesTest, GetABucketsLifecycle) {
  HttpRequest get = request("GET", "/?lifecycle=");
  sign_example(get);
  EXPECT_EQ(part_of(value_of(get, "Authorization"), "Signature"),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST_F(S3ExamplesTest, ListABucket) {
  HttpRequest get = request("GET", "/?max-keys=2&prefix=J");
  sign_example(get);
  EXPECT_EQ(part_of(value_of(get, "Authorization"), "Signature"),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

// From AWS's "Signature Version 4 test suite". Of its cases those apply that are not about how a
// path is normalised or encoded: our paths are signed as they stand, and get-header-value-multiline
// is no HTTP any more (RFC 7230, 3.2.4).
class SuiteTest : public ::testing::Test {
 protected:
  static std::string signature_of(HttpRequest request, const std::string& token = "") {
    const AwsCredentials credentials{
        "AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), Secret(token), {}};
    sign(request, credentials, {"us-east-1", "service", kAugust2015_us});
    EXPECT_EQ(value_of(request, "x-amz-content-sha256"), "(none)");
    EXPECT_EQ(part_of(value_of(request, "Authorization"), "Credential"),
              "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request");
    return part_of(value_of(request, "Authorization"), "Signature");
  }
  static HttpRequest request(const std::string& method, const std::string& target,
                             std::vector<HttpHeader> headers = {}, std::string_view body = "") {
    HttpRequest request;
    request.method = method;
    request.url = "https://example.amazonaws.com" + target;
    request.headers = std::move(headers);
    request.body = body;
    return request;
  }
};

TEST_F(SuiteTest, Vanilla) {
  EXPECT_EQ(signature_of(request("GET", "/")),
            "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
  EXPECT_EQ(signature_of(request("POST", "/")),
            "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
}

TEST_F(SuiteTest, QueryOrder) {
  EXPECT_EQ(signature_of(request("GET", "/?Param2=value2&Param1=value1")),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  EXPECT_EQ(signature_of(request("GET", "/?Param1=value2&Param1=value1")),
            "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694");
}

TEST_F(SuiteTest, HeaderValueTrim) {
  EXPECT_EQ(signature_of(
                request("GET", "/", {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}})),
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
}

TEST_F(SuiteTest, HeaderKeyDuplicate) {
  EXPECT_EQ(signature_of(request(
                "GET", "/",
                {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}})),
            "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea");
}

TEST_F(SuiteTest, HeaderKeySort) {
  EXPECT_EQ(signature_of(request("POST", "/", {{"My-Header1", "value1"}})),
            "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c");
}

TEST_F(SuiteTest, FormEncodedBody) {
  EXPECT_EQ(
      signature_of(request("POST", "/", {{"Content-Type", "application/x-www-form-urlencoded"}},
                           "Param1=value1")),
      "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

// The suite's post-sts-token/post-sts-header-before.
TEST_F(SuiteTest, SessionToken) {
  const std::string token =
      "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfp"
      "SPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQ"
      "DYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+s"
      "cqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
  EXPECT_EQ(signature_of(request("POST", "/"), token),
            "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead");
}

// What follows is ours; tests/oracle/signature_test.py holds all of it against AWS's own library.
HttpRequest signed_get(const std::string& url, std::vector<HttpHeader> headers = {}) {
  HttpRequest request;
  request.url = url;
  request.headers = std::move(headers);
  const AwsCredentials credentials{"AKIDEXAMPLE", Secret("secret"), {}, {}};
  sign(request, credentials, {"us-east-1", "s3", kAugust2015_us});
  return request;
}

std::string authorization_of(const std::string& url) {
  return value_of(signed_get(url), "Authorization");
}

TEST(SignatureV4, ThePathIsSignedAsItStands) {
  const std::string origin = "https://s3.us-east-1.amazonaws.com/b/";
  EXPECT_NE(authorization_of(origin + "a/../b"), authorization_of(origin + "b"));
  EXPECT_NE(authorization_of(origin + "a//b"), authorization_of(origin + "a/b"));
  EXPECT_NE(authorization_of(origin + "./a"), authorization_of(origin + "a"));
}

TEST(SignatureV4, AUrlWithoutAPathIsThatOfTheRoot) {
  EXPECT_EQ(authorization_of("https://host.example"), authorization_of("https://host.example/"));
  EXPECT_EQ(authorization_of("https://host.example?a=1"),
            authorization_of("https://host.example/?a=1"));
}

TEST(SignatureV4, APortIsPartOfTheHostUnlessTheSchemeImpliesIt) {
  EXPECT_EQ(authorization_of("https://h.example:443/a"), authorization_of("https://h.example/a"));
  EXPECT_EQ(authorization_of("http://h.example:80/a"), authorization_of("http://h.example/a"));
  EXPECT_NE(authorization_of("http://h.example:443/a"), authorization_of("http://h.example/a"));
  EXPECT_NE(authorization_of("https://h.example:80/a"), authorization_of("https://h.example/a"));
  EXPECT_NE(authorization_of("https://h.example:4443/a"), authorization_of("https://h.example/a"));
}

TEST(SignatureV4, HeadersThatAreThereStayAndAreSigned) {
  const HttpRequest request = signed_get("https://h.example/", {{"If-Match", "\"a\""}});
  EXPECT_EQ(value_of(request, "If-Match"), "\"a\"");
  EXPECT_EQ(part_of(value_of(request, "Authorization"), "SignedHeaders"),
            "host;if-match;x-amz-content-sha256;x-amz-date");
}

TEST(SignatureV4, TheSecretIsInNoHeader) {
  for (const HttpHeader& header : signed_get("https://h.example/").headers) {
    EXPECT_EQ(header.value.find("secret"), std::string::npos) << header.name;
  }
}

}  // namespace
}  // namespace sparkify
