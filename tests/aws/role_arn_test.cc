#include "aws/role_arn.h"

#include <gtest/gtest.h>

#include "aws/aws_settings.h"

namespace sparkify {
namespace {

TEST(RoleArn, HasPartitionAccountPathAndName) {
  const auto role = parse_role_arn("arn:aws-us-gov:iam::123456789012:role/service/etl/redshift@1");
  ASSERT_TRUE(role.has_value());
  EXPECT_EQ(role->partition, "aws-us-gov");
  EXPECT_EQ(role->account, "123456789012");
  EXPECT_EQ(role->path, "/service/etl/");
  EXPECT_EQ(role->name, "redshift@1");
  EXPECT_EQ(role->text, "arn:aws-us-gov:iam::123456789012:role/service/etl/redshift@1");
}

TEST(RoleArn, WithoutAPathItIsTheRoot) {
  EXPECT_EQ(parse_role_arn("arn:aws:iam::123456789012:role/r")->path, "/");
}

// As servers that know of no accounts have it.
TEST(RoleArn, TheAccountMayBeEmpty) {
  EXPECT_EQ(parse_role_arn("arn:aws:iam:::role/r")->account, "");
}

TEST(RoleArn, OtherTextsAreNone) {
  for (const char* text :
       {"", "r", "arn:aws:iam::123456789012:user/r", "arn:aws:iam::12345:role/r",
        "arn:aws:iam:us-west-2:123456789012:role/r", "arn:aws:sts::123456789012:role/r",
        "arn:aws:iam::123456789012:role/", "arn:aws:iam::123456789012:role/a/",
        "arn:aws:iam::123456789012:role/r*", "arn:azure:iam::123456789012:role/r",
        "arn:aws:iam::123456789012:role/r ", "arn:aws:iam::123456789012:role/a\nb/r"}) {
    EXPECT_FALSE(parse_role_arn(text).has_value()) << text;
  }
}

TEST(RoleArn, ARegionTellsItsPartition) {
  EXPECT_EQ(partition_of("us-west-2"), "aws");
  EXPECT_EQ(partition_of("us-gov-west-1"), "aws-us-gov");
  EXPECT_EQ(partition_of("cn-north-1"), "aws-cn");
  EXPECT_EQ(partition_of("us-isob-east-1"), "aws-iso-b");
  EXPECT_EQ(dns_suffix("us-gov-west-1"), "amazonaws.com");
}

}  // namespace
}  // namespace sparkify
