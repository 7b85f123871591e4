#include "source/s3/s3_uri.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace sparkify {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(S3Uri, IsABucketAndAKeyAsItIs) {
  for (const std::string key : {"", "a", "a/b.json", "/a", "//", "a b+c%41?x=y#z", "../..",
                                "J\u00F3ga\n", "*[a]?", "s3://other/key"}) {
    const auto uri = parse_s3_uri("s3://bucket/" + key);
    ASSERT_TRUE(uri.ok()) << uri.error().message;
    EXPECT_EQ(uri->bucket, "bucket");
    EXPECT_EQ(uri->key, key);
    EXPECT_EQ(uri->text(), "s3://bucket/" + key);
  }
}

TEST(S3Uri, TheKeyMayBeLeftOut) {
  const auto uri = parse_s3_uri("s3://bucket");
  ASSERT_TRUE(uri.ok());
  EXPECT_EQ(uri->key, "");
  EXPECT_EQ(uri->text(), "s3://bucket/");
}

TEST(S3Uri, BucketsMayBeOld) {
  const std::string long_name(255, 'b');
  for (const std::string bucket : {"abc", "my.dotted-bucket.1", "Old_Bucket", long_name.c_str()}) {
    EXPECT_EQ(parse_s3_uri("s3://" + bucket + "/k")->bucket, bucket);
  }
}

TEST(S3Uri, WhatIsNoBucketIsRefused) {
  for (const std::string& text :
       {std::string("s3://"), std::string("s3:///key"), std::string("s3://ab/key"),
        "s3://" + std::string(256, 'b'), std::string("s3://a b c/key"),
        std::string("s3://user@bucket/key"), std::string("s3://bucket:80/key"),
        std::string("s3://buc\u00E9ket/key"), std::string("s3://buck%65t/key")}) {
    const auto uri = parse_s3_uri(text);
    ASSERT_FALSE(uri.ok()) << text;
    EXPECT_EQ(uri.error().kind, ErrorKind::config);
    EXPECT_THAT(uri.error().message, HasSubstr("give s3://BUCKET/PREFIX"));
  }
}

TEST(S3Uri, WhatHasAnotherSchemeIsRefused) {
  for (const char* text : {"", "bucket/key", "S3://bucket/key", "s3a://bucket/key",
                           "s3:/bucket/key", "file:///s3://bucket/key"}) {
    EXPECT_FALSE(parse_s3_uri(text).ok()) << text;
  }
}

TEST(S3Uri, AnErrorIsSafeOnATerminal) {
  const auto uri = parse_s3_uri("s3://a\x1b[31m/key");
  ASSERT_FALSE(uri.ok());
  EXPECT_EQ(uri.error().message.find('\x1b'), std::string::npos);
  EXPECT_THAT(uri.error().message, StartsWith("s3://a"));
}

TEST(S3Uri, AFolderIsListedByWhatIsAboveIt) {
  EXPECT_TRUE(s3_lists_folder("s3://bucket/logs", "s3://bucket/logs"));
  EXPECT_TRUE(s3_lists_folder("s3://bucket/logs/", "s3://bucket/logs/control/"));
  EXPECT_TRUE(s3_lists_folder("s3://bucket", "s3://bucket/control"));
  EXPECT_TRUE(s3_lists_folder("s3://bucket/", "s3://bucket"));
  EXPECT_FALSE(s3_lists_folder("s3://bucket/logs", "s3://bucket/logs_control"));
  EXPECT_FALSE(s3_lists_folder("s3://bucket/logs", "s3://bucket"));
  EXPECT_FALSE(s3_lists_folder("s3://bucket", "s3://bucket2/control"));
  EXPECT_FALSE(s3_lists_folder("s3://bucket/*", "s3://bucket/control"));
  EXPECT_FALSE(s3_lists_folder("/data", "/data/control"));
}

}  // namespace
}  // namespace sparkify
