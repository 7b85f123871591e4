#include "source/s3/s3_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "base/time.h"
#include "fakes/fake_s3.h"

namespace sparkify {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class S3ClientTest : public ::testing::Test {
 protected:
  Result<S3Bytes> get(const ObjectInfo& object, S3Range range) {
    return s3_.client().get(object, range, budget_, cancelled_);
  }
  Result<S3Bytes> get(const ObjectInfo& object) { return get(object, {0, object.size_bytes}); }
  // Every request is answered so.
  void given_answer(const ServedResponse& response) {
    s3_.first = [response](const ServedRequest&) { return response; };
  }
  // The first request is answered so, the others as usual.
  void given_first_answer(const ServedResponse& response) {
    s3_.first = [this, response](const ServedRequest&) -> std::optional<ServedResponse> {
      if (asked_++ > 0) return std::nullopt;
      return response;
    };
  }
  Error error_of_get() {
    const auto bytes = get(object_);
    EXPECT_FALSE(bytes.ok());
    return bytes.ok() ? Error{} : bytes.error();
  }
  std::size_t request_count() const { return s3_.server().request_count(); }

  FakeS3 s3_;
  ObjectInfo object_ = s3_.put("a/b.json", "0123456789");
  RetryBudget budget_{60};
  std::atomic<bool> cancelled_{false};
  std::atomic<int> asked_{0};
};

TEST_F(S3ClientTest, GetsAnObjectOfTheListedVersion) {
  const auto bytes = get(object_);
  ASSERT_TRUE(bytes.ok()) << bytes.error().message;
  EXPECT_EQ(bytes->bytes, "0123456789");
  EXPECT_TRUE(bytes->etag_is_md5);
  const ServedRequest request = s3_.server().requests().at(0);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.target, "/bucket/a/b.json");
  EXPECT_EQ(request.header("if-match"), "\"" + object_.etag + "\"");
  EXPECT_EQ(request.header("range"), "");
  EXPECT_THAT(request.header("authorization"), StartsWith("AWS4-HMAC-SHA256 Credential=AKIDEX"));
}

TEST_F(S3ClientTest, GetsARange) {
  const auto bytes = get(object_, {3, 4});
  ASSERT_TRUE(bytes.ok()) << bytes.error().message;
  EXPECT_EQ(bytes->bytes, "3456");
  EXPECT_EQ(s3_.server().requests().at(0).header("range"), "bytes=3-6");
}

TEST_F(S3ClientTest, GetsAnEmptyObjectWithoutARange) {
  const auto bytes = get(s3_.put("empty", ""));
  ASSERT_TRUE(bytes.ok()) << bytes.error().message;
  EXPECT_EQ(bytes->bytes, "");
  EXPECT_EQ(s3_.server().requests().at(0).header("range"), "");
}

TEST_F(S3ClientTest, KeysAreAskedForAsTheyAre) {
  for (const std::string key :
       {"a b+c%41", "../up", "a/./b//c", "J\u00F3ga", "a\nb", "?#&=", "/a"}) {
    const auto bytes = get(s3_.put(key, "text of " + key));
    ASSERT_TRUE(bytes.ok()) << key << bytes.error().message;
    EXPECT_EQ(bytes->bytes, "text of " + key);
  }
}

TEST_F(S3ClientTest, AnObjectThatIsAnotherNowHasChanged) {
  s3_.put("a/b.json", "new");
  const Error error = error_of_get();
  EXPECT_EQ(error.kind, ErrorKind::changed);
  EXPECT_THAT(error.message, StartsWith("s3://bucket/a/b.json: changed after it was listed"));
  EXPECT_EQ(request_count(), 1U);
}

TEST_F(S3ClientTest, AnObjectThatIsGoneHasChanged) {
  given_answer(s3_error(404, "NoSuchKey"));
  const Error error = error_of_get();
  EXPECT_EQ(error.kind, ErrorKind::changed);
  EXPECT_THAT(error.message, HasSubstr("is gone now"));
}

// Of servers that do not know If-Match.
TEST_F(S3ClientTest, AnAnswerWithAnotherETagHasChanged) {
  given_answer({200, "0123456789", {{"ETag", "\"other\""}}});
  EXPECT_EQ(error_of_get().kind, ErrorKind::changed);
}

TEST_F(S3ClientTest, BytesWithoutTheMd5OfTheETagAreAskedForAgain) {
  given_first_answer({200, "0123456780", {{"ETag", "\"" + object_.etag + "\""}}});
  EXPECT_EQ(get(object_)->bytes, "0123456789");
  EXPECT_EQ(request_count(), 2U);
}

TEST_F(S3ClientTest, AnETagThatIsNoMd5ProvesNothing) {
  const ObjectInfo parts = s3_.put("parts", "text", "0123456789abcdef0123456789abcdef-2");
  EXPECT_FALSE(get(parts)->etag_is_md5);
  given_answer(
      {200,
       "0123456780",
       {{"ETag", "\"" + object_.etag + "\""}, {"x-amz-server-side-encryption", "aws:kms"}}});
  EXPECT_EQ(get(object_)->bytes, "0123456780");
}

TEST_F(S3ClientTest, TooFewBytesAreAskedForAgain) {
  given_first_answer({200, "01234", {{"ETag", "\"" + object_.etag + "\""}}});
  EXPECT_EQ(get(object_)->bytes, "0123456789");
}

TEST_F(S3ClientTest, ARangeThatIsIgnoredOrAnotherIsRefused) {
  const std::string etag = "\"" + object_.etag + "\"";
  given_answer({200, "0123456789", {{"ETag", etag}}});
  EXPECT_THAT(get(object_, {3, 4}).error().message,
              HasSubstr("range that was asked for was ignored"));
  given_answer({206, "0123", {{"ETag", etag}, {"Content-Range", "bytes 0-3/10"}}});
  EXPECT_THAT(get(object_, {3, 4}).error().message, HasSubstr("another range than asked for came"));
}

TEST_F(S3ClientTest, ABrokenConnectionIsTriedAgain) {
  given_first_answer({.status = 0, .body = ""});
  EXPECT_EQ(get(object_)->bytes, "0123456789");
  EXPECT_GE(request_count(), 2U);
}

TEST_F(S3ClientTest, ATransientAnswerIsTriedSixTimes) {
  given_answer(s3_error(503, "SlowDown"));
  const Error error = error_of_get();
  EXPECT_EQ(error.kind, ErrorKind::source);
  EXPECT_EQ(error.message,
            "s3://bucket/a/b.json: GET failed 6 times, the last time with: 503 SlowDown; run again "
            "later");
  EXPECT_EQ(request_count(), 6U);
}

TEST_F(S3ClientTest, RetryAfterIsWaitedFor) {
  given_first_answer({503, "", {{"Retry-After", "1"}}});
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(get(object_)->bytes, "0123456789");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1000));
}

TEST_F(S3ClientTest, ABudgetThatIsSpentEndsTheTries) {
  given_answer(s3_error(500, "InternalError"));
  RetryBudget spent(0);
  EXPECT_FALSE(s3_.client().get(object_, {0, 10}, spent, cancelled_).ok());
  EXPECT_EQ(request_count(), 1U);
}

TEST_F(S3ClientTest, ARefusalIsNotTriedAgainAndSaysWhatIsNeeded) {
  given_answer(s3_error(403, "AccessDenied"));
  const Error error = error_of_get();
  EXPECT_EQ(error.kind, ErrorKind::source);
  EXPECT_EQ(error.message,
            "s3://bucket/a/b.json: GET refused (403 AccessDenied); the credentials (from: "
            "environment) need the permission s3:GetObject for it, and kms:Decrypt if it is "
            "encrypted by KMS");
  EXPECT_EQ(request_count(), 1U);
}

TEST_F(S3ClientTest, AWrongKeyIsAnErrorOfConfiguration) {
  for (const char* code : {"InvalidAccessKeyId", "SignatureDoesNotMatch"}) {
    given_answer(s3_error(403, code));
    const Error error = error_of_get();
    EXPECT_EQ(error.kind, ErrorKind::config);
    EXPECT_THAT(error.message, HasSubstr("S3 does not accept the credentials (from: environment)"));
    EXPECT_THAT(error.message, HasSubstr(code));
    EXPECT_THAT(error.message, Not(HasSubstr("AKIDEXAMPLE")));
  }
}

// The environment's keys are all there is.
TEST_F(S3ClientTest, ExpiredCredentialsThatCannotBeRenewedAreAnErrorOfConfiguration) {
  given_answer(s3_error(400, "ExpiredToken"));
  EXPECT_EQ(error_of_get().kind, ErrorKind::config);
  EXPECT_EQ(request_count(), 1U);
}

TEST_F(S3ClientTest, AWrongClockIsToldWithBothTimes) {
  given_answer(
      s3_error(403, "RequestTimeTooSkewed", "<ServerTime>2018-11-01T00:00:00Z</ServerTime>"));
  const Error error = error_of_get();
  EXPECT_EQ(error.kind, ErrorKind::config);
  EXPECT_THAT(error.message, HasSubstr("the server's 2018-11-01T00:00:00Z; set the clock"));
}

TEST_F(S3ClientTest, ThePutOfOneWhoLacksTheRightIsAnAnswer) {
  const S3Uri target{"bucket", "a/new"};
  EXPECT_TRUE(*s3_.client().put_if_allowed(target, "text"));
  EXPECT_EQ(s3_.bytes_of("a/new"), "text");
  given_answer(s3_error(403, "AccessDenied"));
  EXPECT_FALSE(*s3_.client().put_if_allowed(target, "text"));
  for (const char* code : {"InvalidAccessKeyId", "RequestTimeTooSkewed", ""}) {
    given_answer(s3_error(403, code));
    EXPECT_FALSE(s3_.client().put_if_allowed(target, "text").ok()) << code;
  }
}

TEST_F(S3ClientTest, TheClockIsHeldAgainstTheDateOfAnyAnswer) {
  constexpr std::int64_t kSecond = 1'000'000;
  constexpr std::int64_t k1994 = 784'111'777 * kSecond;
  for (const int status : {200, 403, 500}) {
    given_answer({status, "", {{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}}});
    const auto offset = s3_.client().clock_offset("bucket");
    ASSERT_TRUE(offset.ok()) << offset.error().message;
    EXPECT_NEAR(static_cast<double>(*offset), static_cast<double>(now_micros() - k1994),
                2.0 * kSecond);
  }
  EXPECT_EQ(request_count(), 3U);
  EXPECT_EQ(s3_.server().requests().at(0).header("authorization"), "");
}

TEST_F(S3ClientTest, AnAnswerWithoutADateTellsNoTime) {
  given_answer({200, "", {}});
  const auto offset = s3_.client().clock_offset("bucket");
  ASSERT_FALSE(offset.ok());
  EXPECT_THAT(offset.error().message, HasSubstr("no date"));
}

TEST_F(S3ClientTest, ABucketElsewhereIsAskedInItsRegionFromThenOn) {
  std::atomic<int> redirects{0};
  s3_.first = [&](const ServedRequest& request) -> std::optional<ServedResponse> {
    if (request.header("authorization").find("/eu-west-3/") != std::string::npos) return {};
    ++redirects;
    ServedResponse moved = s3_error(301, "PermanentRedirect");
    moved.headers = {{"x-amz-bucket-region", "eu-west-3"}};
    return moved;
  };
  EXPECT_EQ(get(object_)->bytes, "0123456789");
  EXPECT_EQ(get(object_)->bytes, "0123456789");
  EXPECT_EQ(redirects, 1);
}

TEST_F(S3ClientTest, TheRegionOfAnErrorsBodyCountsToo) {
  s3_.first = [](const ServedRequest& request) -> std::optional<ServedResponse> {
    if (request.header("authorization").find("/eu-west-3/") != std::string::npos) return {};
    return s3_error(400, "AuthorizationHeaderMalformed", "<Region>eu-west-3</Region>");
  };
  EXPECT_EQ(get(object_)->bytes, "0123456789");
}

TEST_F(S3ClientTest, RegionsThatSendUsOnEndlesslyAreGivenUp) {
  std::atomic<int> count{0};
  s3_.first = [&](const ServedRequest&) -> std::optional<ServedResponse> {
    ServedResponse moved = s3_error(301, "PermanentRedirect");
    moved.headers = {{"x-amz-bucket-region", fmt::format("eu-west-{}", ++count)}};
    return moved;
  };
  EXPECT_EQ(error_of_get().kind, ErrorKind::source);
  EXPECT_LE(request_count(), 3U);
}

// It becomes part of a host's name.
TEST_F(S3ClientTest, ARegionThatIsNoNameIsNotAsked) {
  given_answer(s3_error(301, "PermanentRedirect", "<Region>evil.example/</Region>"));
  EXPECT_EQ(error_of_get().kind, ErrorKind::source);
  EXPECT_EQ(request_count(), 1U);
}

TEST_F(S3ClientTest, AStopEndsAGetWithinASecond) {
  s3_.hold();
  std::jthread stopper([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    s3_.stop.request(2);
  });
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(error_of_get().kind, ErrorKind::stopped);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1500));
}

TEST_F(S3ClientTest, AStopEndsThePauseBeforeARetry) {
  given_answer({503, "", {{"Retry-After", "20"}}});
  std::jthread stopper([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    s3_.stop.request(2);
  });
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(error_of_get().kind, ErrorKind::stopped);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1500));
}

TEST_F(S3ClientTest, HeadTellsThePresentVersionOrNone) {
  const auto present = s3_.client().head(object_.uri);
  ASSERT_TRUE(present.ok()) << present.error().message;
  ASSERT_TRUE(present->has_value());
  EXPECT_EQ((*present)->uri, object_.uri);
  EXPECT_EQ((*present)->etag, object_.etag);
  EXPECT_EQ((*present)->size_bytes, 10U);
  given_answer({404, ""});
  EXPECT_FALSE(s3_.client().head(object_.uri)->has_value());
}

TEST_F(S3ClientTest, PutsAnObject) {
  ASSERT_TRUE(s3_.client().put({"bucket", "new/a b.json"}, std::string("a\0b", 3)).ok());
  EXPECT_EQ(s3_.bytes_of("new/a b.json"), std::string("a\0b", 3));
  ASSERT_TRUE(s3_.client().put({"bucket", "empty"}, "").ok());
  EXPECT_EQ(s3_.bytes_of("empty"), "");
}

TEST_F(S3ClientTest, APutThatBreaksIsTriedAgain) {
  given_first_answer(s3_error(500, "InternalError"));
  ASSERT_TRUE(s3_.client().put({"bucket", "new"}, "text").ok());
  EXPECT_EQ(s3_.bytes_of("new"), "text");
}

// It proves that S3 has taken the bytes.
TEST_F(S3ClientTest, APutWithoutAnETagInItsAnswerIsTriedAgain) {
  given_first_answer({200, ""});
  ASSERT_TRUE(s3_.client().put({"bucket", "new"}, "text").ok());
  EXPECT_EQ(s3_.bytes_of("new"), "text");
  EXPECT_EQ(s3_.server().requests().at(1).header("content-type"), "application/octet-stream");
}

TEST_F(S3ClientTest, AnObjectOfABucketThatIsGoneIsAnErrorOfTheBucket) {
  given_answer(s3_error(404, "NoSuchBucket"));
  const Error error = error_of_get();
  EXPECT_EQ(error.kind, ErrorKind::source);
  EXPECT_THAT(error.message, HasSubstr("there is no bucket bucket"));
}

TEST_F(S3ClientTest, ListsAPage) {
  s3_.put("a/c d+e%.json", "x");
  s3_.put("a/sub/f.json", "x");
  const auto page = s3_.client().list("bucket", "a/", "/", "");
  ASSERT_TRUE(page.ok()) << page.error().message;
  ASSERT_EQ(page->entries.size(), 2U);
  EXPECT_EQ(page->entries[0].key, "a/b.json");
  EXPECT_EQ(page->entries[1].key, "a/c d+e%.json");
  EXPECT_THAT(page->prefixes, ::testing::ElementsAre("a/sub/"));
  EXPECT_EQ(page->next_token, "");
  const ServedRequest request = s3_.server().requests().at(0);
  EXPECT_EQ(request.target, "/bucket?list-type=2&encoding-type=url&prefix=a%2F&delimiter=%2F");
}

// S3 may begin an answer with 200 and fail then.
TEST_F(S3ClientTest, AListingThatIsNotWholeIsAskedForAgain) {
  given_first_answer({200, "<?xml version=\"1.0\"?><Error><Code>InternalError</Code></Error>"});
  EXPECT_EQ(s3_.client().list("bucket", "a/", "", "")->entries.size(), 1U);
  asked_ = 0;
  given_first_answer({200, "<ListBucketResult><Contents><Key>a</Key>"});
  EXPECT_EQ(s3_.client().list("bucket", "a/", "", "")->entries.size(), 1U);
}

// They would be taken for data of a folder that nobody gave.
TEST_F(S3ClientTest, AListingOfKeysThatWereNotAskedForIsAnError) {
  given_answer({200,
                "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>b</Key><Size>1</"
                "Size><ETag>e</ETag>"
                "</Contents></ListBucketResult>"});
  const auto page = s3_.client().list("bucket", "a/folder/", "", "");
  ASSERT_FALSE(page.ok());
  EXPECT_THAT(page.error().message, HasSubstr("do not begin with the prefix"));
}

TEST_F(S3ClientTest, APageThatNamesItselfAsTheNextIsAnError) {
  given_answer({200,
                "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t"
                "</NextContinuationToken></ListBucketResult>"});
  EXPECT_EQ(s3_.client().list("bucket", "", "", "")->next_token, "t");
  const auto page = s3_.client().list("bucket", "", "", "t");
  ASSERT_FALSE(page.ok());
  EXPECT_THAT(page.error().message, HasSubstr("does not come to an end"));
}

TEST_F(S3ClientTest, ABucketThatIsNotThereIsSaid) {
  given_answer(s3_error(404, "NoSuchBucket"));
  const auto page = s3_.client().list("bucket", "a", "", "");
  ASSERT_FALSE(page.ok());
  EXPECT_EQ(page.error().message,
            "s3://bucket/a: GET refused (404 NoSuchBucket); there is no bucket bucket: check its "
            "name, and the endpoint");
}

S3Options options(bool sign, bool requester_pays) {
  S3Options options;
  options.sign = sign;
  options.requester_pays = requester_pays;
  return options;
}

TEST(S3ClientOptions, WithoutASignatureNothingTellsWhoAsks) {
  FakeS3 s3(options(false, false));
  s3.put("a", "x");
  ASSERT_TRUE(s3.client().list("bucket", "", "", "").ok());
  EXPECT_EQ(s3.server().requests().at(0).header("authorization"), "");
  s3.first = [](const ServedRequest&) { return s3_error(403, "AccessDenied"); };
  EXPECT_THAT(s3.client().list("bucket", "", "", "").error().message,
              HasSubstr("the credentials (none, --no-sign-request) need"));
}

TEST(S3ClientOptions, ARequesterThatPaysSaysSoSigned) {
  FakeS3 s3(options(true, true));
  ASSERT_TRUE(s3.client().list("bucket", "", "", "").ok());
  const ServedRequest request = s3.server().requests().at(0);
  EXPECT_EQ(request.header("x-amz-request-payer"), "requester");
  EXPECT_THAT(request.header("authorization"), HasSubstr("x-amz-request-payer"));
}

TEST(S3ClientOptions, AnEndpointThatIsNotThereIsUnreachable) {
  S3Options options;
  {
    const HttpServer gone([](const ServedRequest&) { return ServedResponse{}; });
    options.endpoint = gone.url();
  }
  FakeS3 s3(options);
  const auto page = s3.client().list("bucket", "", "", "");
  ASSERT_FALSE(page.ok());
  EXPECT_EQ(page.error().kind, ErrorKind::unreachable);
  EXPECT_THAT(page.error().message, HasSubstr("check the network and the endpoint"));
}

}  // namespace
}  // namespace sparkify
