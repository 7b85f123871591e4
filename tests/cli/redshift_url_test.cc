#include "cli/redshift_url.h"

#include <gtest/gtest.h>

namespace sparkify {
namespace {

TEST(RedshiftUrl, HasUserHostAndDatabase) {
  const RedshiftUrl url = read_redshift_url("redshift://a%40b@dwh.example.com:5439/de%2Fv?x=/y");
  EXPECT_EQ(url.user, "a@b");
  EXPECT_EQ(url.host, "dwh.example.com");
  EXPECT_EQ(url.database, "de/v");
}

TEST(RedshiftUrl, WhatIsMissingIsEmpty) {
  const RedshiftUrl url = read_redshift_url("redshift://dwh?sslrootcert=/ca.crt");
  EXPECT_EQ(url.user, "");
  EXPECT_EQ(url.host, "dwh");
  EXPECT_EQ(url.database, "");
}

TEST(RedshiftUrl, ANameOfOnesOwnNeedsTheClusterOrTheWorkgroup) {
  Settings settings;
  settings.warehouse = "redshift://loader@dwh.example.com:5439/dev";
  const auto unknown = redshift_target(settings);
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().kind, ErrorKind::config);
  EXPECT_NE(unknown.error().message.find("dwh.example.com"), std::string::npos);
  EXPECT_NE(unknown.error().message.find("--cluster"), std::string::npos);
  settings.workgroup = "etl";
  const auto target = redshift_target(settings);
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(target->kind, RedshiftKind::serverless);
  EXPECT_EQ(target->name, "etl");
  EXPECT_EQ(target->database, "dev");
  EXPECT_FALSE(target->region.has_value());
}

TEST(RedshiftUrl, AHostOfAwsTellsAllByItself) {
  Settings settings;
  settings.warehouse = "redshift://loader@dwh.abc.us-west-2.redshift.amazonaws.com:5439/dev";
  const auto target = redshift_target(settings);
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(target->kind, RedshiftKind::provisioned);
  EXPECT_EQ(target->name, "dwh");
  EXPECT_EQ(target->region, "us-west-2");
}

}  // namespace
}  // namespace sparkify
