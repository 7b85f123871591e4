#include "cli/url_secret.h"

#include <gtest/gtest.h>

namespace sparkify {
namespace {

TEST(UrlSecret, FindsAPasswordHoweverItIsWritten) {
  for (const char* url :
       {"postgresql://me:secret@db/x", "redshift://me:secret@db:5439/x", "postgres://me:@db/x",
        "postgresql://me:se/cret@db/x", "postgresql://me:12?secret@db/x",
        "postgresql://me@db/x?password=secret", "postgresql://me@db/x?pass%77ord=secret",
        "postgresql://db/x?sslPassword=secret", "postgresql://me@db/x?passwd=secret",
        "postgresql://me@db/x?pwd=secret", "jdbc:redshift://db/x;UID=me;PWD=secret",
        "host=db password = secret", "me:secret@db/x"}) {
    EXPECT_TRUE(holds_password(url)) << url;
  }
}

TEST(UrlSecret, TakesPlainWarehousesForWhatTheyAre) {
  for (const char* url :
       {"postgresql://me@db:5432/x", "postgresql://db:5432/x", "postgresql://[::1]:5432/x",
        "redshift://me@db:5439/x?sslmode=verify-full", "duckdb:/data/a:b@c.db", "duckdb::memory:",
        "postgresql://me@db:5432/x@y", "postgresql://me@db/x?passfile=/home/me/.pgpass"}) {
    EXPECT_FALSE(holds_password(url)) << url;
  }
}

TEST(UrlSecret, FindsKeysAndSignatures) {
  for (const char* location :
       {"s3://AKIDEXAMPLE:secret@bucket/x", "s3a://AKIDEXAMPLE:se/cr/et@bucket/x",
        "S3N://AKIDEXAMPLE@bucket/x", "s3://AKIDEXAMPLE:secret",
        "https://bucket.s3.amazonaws.com/x?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=ab",
        "https://bucket.s3.amazonaws.com/x?AWSAccessKeyId=AKID&Expires=1&Signature=ab",
        "https://h/x?x-amz-security-token=ab", "https://h/x?X%2DAmz-Credential=ab",
        "https://AKIDEXAMPLE:secret@bucket.s3.amazonaws.com/x", "postgresql://u:p/w@h/d"}) {
    EXPECT_TRUE(holds_aws_keys(location)) << location;
  }
}

TEST(UrlSecret, TakesPlainPlacesForWhatTheyAre) {
  for (const char* location : {"s3://bucket", "s3://bucket/a@b:c/x", "s3://bucket/day=*/x.json",
                               "logs/a:b@c", "/data/s3://", "./s3:x@y", "s3", ""}) {
    EXPECT_FALSE(holds_aws_keys(location)) << location;
  }
}

TEST(UrlSecret, GivesTheLoginOfAnAddressUpToItsLastAt) {
  EXPECT_EQ(login_with_password("http://user:p/w@x@host:1"), "user:p/w@x");
  EXPECT_EQ(login_with_password("postgresql://u:p@h/d"), "u:p");
  for (const char* none : {"http://host:1/x", "http://user@host", "s3://bucket/a:b@c", "user:p@h",
                           "file:///a:b@c", ""}) {
    EXPECT_FALSE(login_with_password(none).has_value()) << none;
  }
}

}  // namespace
}  // namespace sparkify
