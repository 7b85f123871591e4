#include "aws/redshift_address.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

namespace sparkify {
namespace {

// "kind name region"; "unknown" if the host tells nothing.
std::string read(const std::string& host) {
  const auto address = read_redshift_address(host);
  if (!address.has_value()) return "unknown";
  return fmt::format("{} {} {}",
                     address->kind == RedshiftKind::serverless ? "serverless" : "provisioned",
                     address->name.empty() ? "?" : address->name, address->region);
}

TEST(RedshiftAddress, AClustersHostTellsItsIdentifierAndRegion) {
  EXPECT_EQ(read("examplecluster.abc123xyz789.us-west-2.redshift.amazonaws.com"),
            "provisioned examplecluster us-west-2");
  EXPECT_EQ(read("my-cluster-1.c0ffee.us-gov-west-1.redshift.amazonaws.com"),
            "provisioned my-cluster-1 us-gov-west-1");
}

TEST(RedshiftAddress, AWorkgroupsHostTellsItsNameAndRegion) {
  EXPECT_EQ(read("workgroup.012345678901.us-west-2.redshift-serverless.amazonaws.com"),
            "serverless workgroup us-west-2");
  EXPECT_EQ(read("123-etl.012345678901.ap-southeast-2.redshift-serverless.amazonaws.com"),
            "serverless 123-etl ap-southeast-2");
}

TEST(RedshiftAddress, EachPartitionHasItsOwnEnding) {
  EXPECT_EQ(read("c.abc.cn-north-1.redshift.amazonaws.com.cn"), "provisioned c cn-north-1");
  EXPECT_EQ(read("w.012345678901.cn-northwest-1.redshift-serverless.amazonaws.com.cn"),
            "serverless w cn-northwest-1");
  EXPECT_EQ(read("c.abc.us-iso-east-1.redshift.c2s.ic.gov"), "provisioned c us-iso-east-1");
  EXPECT_EQ(read("c.abc.cn-north-1.redshift.amazonaws.com"), "unknown");
  EXPECT_EQ(read("c.abc.us-west-2.redshift.amazonaws.com.cn"), "unknown");
}

TEST(RedshiftAddress, LettersOfAnyCaseAndADotAtTheEndAreTheSameName) {
  EXPECT_EQ(read("ExampleCluster.ABC.US-West-2.Redshift.AmazonAWS.com."),
            "provisioned examplecluster us-west-2");
}

// The name in the first place is the endpoint's own.
TEST(RedshiftAddress, AVpcEndpointDoesNotTellTheNameButKindAndRegion) {
  EXPECT_EQ(read("etl-endpoint-k7rfausgmlzieup51zgg.012345678901.eu-west-1.redshift-serverless."
                 "amazonaws.com"),
            "serverless ? eu-west-1");
  EXPECT_EQ(read("a-endpoint-endpoint-xyz.abc.eu-west-1.redshift-serverless.amazonaws.com"),
            "serverless ? eu-west-1");
  EXPECT_EQ(read("etl-endpoint-k7rfausgmlzieup51zgg.abc123xyz789.eu-west-1.redshift.amazonaws.com"),
            "provisioned ? eu-west-1");
}

TEST(RedshiftAddress, AnEndpointInANameThatDoesNotEndWithAnIdIsPartOfTheName) {
  EXPECT_EQ(read("my-endpoint-for-etl.abc.eu-west-1.redshift.amazonaws.com"),
            "provisioned my-endpoint-for-etl eu-west-1");
  EXPECT_EQ(read("my-endpoint.abc.eu-west-1.redshift.amazonaws.com"),
            "provisioned my-endpoint eu-west-1");
}

TEST(RedshiftAddress, AWorkgroupWithoutAnAccountBesideItMayBeSomethingElse) {
  EXPECT_EQ(read("workgroup.abc.us-west-2.redshift-serverless.amazonaws.com"),
            "serverless ? us-west-2");
  EXPECT_EQ(read("workgroup.01234567890.us-west-2.redshift-serverless.amazonaws.com"),
            "serverless ? us-west-2");
}

TEST(RedshiftAddress, OtherHostsTellNothing) {
  for (const char* const host : {
           "",
           ".",
           "localhost",
           "127.0.0.1",
           "::1",
           "redshift.example.com",
           "redshift.us-west-2.amazonaws.com",
           "us-west-2.redshift.amazonaws.com",
           "abc.us-west-2.redshift.amazonaws.com",
           "c.abc.us-west-2.redshift.amazonaws.com.example.com",
           "c.abc.us-west-2.redshift.amazonaws.com..",
           "c.abc.us-west-2.redshift.amazonaws.com:5439",
           "x.c.abc.us-west-2.redshift.amazonaws.com",
           ".abc.us-west-2.redshift.amazonaws.com",
           "c..us-west-2.redshift.amazonaws.com",
           "c.abc..redshift.amazonaws.com",
           "c.abc.us-west-2.rds.amazonaws.com",
           "c.abc.us-west-2.redshift-data.amazonaws.com",
           "c.abc.us-west-2.redshift.amazonaws",
           "012345678901.us-west-2.redshift-serverless.amazonaws.com",
           "vpce-0a1b-2c3d.vpce-svc-4e5f.us-west-2.vpce.amazonaws.com",
       }) {
    EXPECT_EQ(read(host), "unknown") << host;
  }
}

// The region goes into the host's name that a signed request is sent to.
TEST(RedshiftAddress, LabelsThatAreNoneTellNothing) {
  for (const char* const host : {
           "c.abc.nowhere.redshift.amazonaws.com",
           "c.abc.us-west.redshift.amazonaws.com",
           "c.abc.us-west-2-.redshift.amazonaws.com",
           "c.abc.us/west-2.redshift.amazonaws.com",
           "c.abc.us@west-x-2.redshift.amazonaws.com",
           "-c.abc.us-west-2.redshift.amazonaws.com",
           "c-.abc.us-west-2.redshift.amazonaws.com",
           "c_d.abc.us-west-2.redshift.amazonaws.com",
           "c d.abc.us-west-2.redshift.amazonaws.com",
           "c.a b.us-west-2.redshift.amazonaws.com",
       }) {
    EXPECT_EQ(read(host), "unknown") << host;
  }
  const std::string rest = ".abc.us-west-2.redshift.amazonaws.com";
  EXPECT_NE(read(std::string(63, 'c') + rest), "unknown");
  EXPECT_EQ(read(std::string(64, 'c') + rest), "unknown");
}

TEST(RedshiftAddress, AWorkgroupsHostTellsItsAccount) {
  const auto account = [](const std::string& host) { return read_redshift_address(host)->account; };
  EXPECT_EQ(account("etl.012345678901.us-west-2.redshift-serverless.amazonaws.com"),
            "012345678901");
  EXPECT_EQ(account("etl-endpoint-k7r.012345678901.us-west-2.redshift-serverless.amazonaws.com"),
            "012345678901");
  EXPECT_EQ(account("etl.abc.us-west-2.redshift-serverless.amazonaws.com"), "");
  EXPECT_EQ(account("dwh.012345678901.us-west-2.redshift.amazonaws.com"), "");
}

}  // namespace
}  // namespace sparkify
