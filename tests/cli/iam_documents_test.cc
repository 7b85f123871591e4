#include "cli/iam_documents.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace sparkify {
namespace {

using Texts = std::vector<std::string>;

constexpr const char* kCluster =
    "redshift://loader@dwh.abc123.us-west-2.redshift.amazonaws.com:5439/dev";
constexpr const char* kWorkgroup =
    "redshift://loader@etl.123456789012.us-west-2.redshift-serverless.amazonaws.com:5439/dev";
constexpr const char* kRole = "arn:aws:iam::123456789012:role/redshift-reads";

class IamDocumentsTest : public testing::Test {
 protected:
  IamDocumentsTest() {
    settings_.warehouse = kCluster;
    settings_.log_data = "s3://music/log_data";
    settings_.song_data = "s3://music/song_data";
    settings_.control = "s3://music-control/sparkify";
    settings_.iam_role = kRole;
  }

  Result<IamDocuments> ask(std::string_view only = "") {
    return iam_documents(settings_, options_, region_, only);
  }

  Texts names(std::string_view only = "") {
    const auto found = ask(only);
    EXPECT_TRUE(found.ok()) << found.error().message;
    Texts names;
    for (const IamDocument& each : found->documents) names.push_back(each.name);
    return names;
  }

  Texts left_out() {
    const auto found = ask();
    EXPECT_TRUE(found.ok()) << found.error().message;
    Texts names;
    for (const IamLeftOut& each : found->left_out) names.push_back(each.name);
    return names;
  }

  std::string text(const std::string& name) {
    const auto found = ask(name);
    if (!found.ok()) return "error: " + found.error().message;
    for (const IamDocument& each : found->documents) {
      if (each.name == name) return iam_document(each.policy).dump();
    }
    return "none";
  }

  void expect_refusal(std::string_view only, const Texts& parts,
                      ErrorKind kind = ErrorKind::config) {
    const auto found = ask(only);
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(found.error().kind, kind);
    for (const std::string& part : parts) {
      EXPECT_NE(found.error().message.find(part), std::string::npos) << found.error().message;
    }
  }

  bool has(const std::string& whole, const std::string& part) {
    return whole.find(part) != std::string::npos;
  }

  Settings settings_;
  IamOptions options_;
  std::optional<std::string> region_;
};

TEST_F(IamDocumentsTest, TheRoleReadsTheDataOnlyWhereRedshiftMay) {
  EXPECT_TRUE(has(text("redshift-role"), "arn:aws:s3:::music/log_data/*"));
  settings_.stage = Settings::Stage::compact;
  EXPECT_FALSE(has(text("redshift-role"), "arn:aws:s3:::music/"));
  EXPECT_TRUE(has(text("redshift-role"), "arn:aws:s3:::music-control/sparkify/*"));
  EXPECT_TRUE(has(text("loader"), "arn:aws:s3:::music/log_data/*"));
}

TEST_F(IamDocumentsTest, RedshiftWithAPasswordNeedsARoleAndALoader) {
  EXPECT_EQ(names(), (Texts{"redshift-role", "redshift-trust", "loader"}));
  EXPECT_EQ(left_out(), Texts{"analyst"});
}

TEST_F(IamDocumentsTest, WithIamAuthLoaderAndAnalystMayLogIn) {
  settings_.iam_auth = true;
  EXPECT_EQ(names(), (Texts{"redshift-role", "redshift-trust", "loader", "analyst"}));
  const std::string login = "arn:aws:redshift:us-west-2:123456789012:dbname:dwh/dev";
  EXPECT_TRUE(has(text("loader"), login)) << text("loader");
  EXPECT_TRUE(has(text("analyst"), login)) << text("analyst");
  EXPECT_FALSE(has(text("analyst"), "s3")) << text("analyst");
}

TEST_F(IamDocumentsTest, TheTrustNamesTheUserWhereOneIsKnown) {
  EXPECT_TRUE(has(text("redshift-trust"), ":dbuser:dwh/loader\"")) << text("redshift-trust");
  settings_.iam_auth = true;  // the user will be another
  EXPECT_TRUE(has(text("redshift-trust"), ":dbuser:dwh/*\"")) << text("redshift-trust");
}

TEST_F(IamDocumentsTest, OtherWarehousesNeedTheLoaderAlone) {
  for (const char* warehouse : {"duckdb:x.duckdb", "postgresql://loader@db/music"}) {
    settings_.warehouse = warehouse;
    EXPECT_EQ(names(), Texts{"loader"});
    EXPECT_EQ(left_out(), (Texts{"redshift-role", "redshift-trust", "analyst"}));
    EXPECT_FALSE(has(text("loader"), "PutObject"));
  }
}

TEST_F(IamDocumentsTest, LocalDataNeedsNothing) {
  settings_.warehouse = "duckdb:x.duckdb";
  settings_.log_data = "logs";
  settings_.song_data = "songs";
  EXPECT_EQ(names(), Texts{});
  EXPECT_EQ(ask()->notes.size(), 2u);
  settings_.song_data = "s3://music/song_data";
  EXPECT_EQ(names(), Texts{"loader"});
  EXPECT_EQ(ask()->notes, Texts{"log_data is a local path: there is nothing to grant for it"});
}

TEST_F(IamDocumentsTest, WhatIsNotAskedForNeedsNoSettings) {
  settings_.log_data = settings_.song_data = settings_.control = std::nullopt;
  EXPECT_EQ(names("redshift-trust"), Texts{"redshift-trust"});
  expect_refusal("redshift-role", {"log_data", "--log-data"});
  settings_.log_data = "s3://music/log_data";
  expect_refusal("loader", {"control", "--control"});
  settings_.control = "s3://music/control";
  settings_.iam_role = std::nullopt;
  EXPECT_EQ(names("loader"), Texts{"loader"});
}

TEST_F(IamDocumentsTest, AnUnknownAccountIsAskedForAndNeverInvented) {
  settings_.iam_role = std::nullopt;
  expect_refusal("redshift-trust", {"account", "--account", "--iam-role"});
  options_.account = "210987654321";
  EXPECT_TRUE(has(text("redshift-trust"), ":us-west-2:210987654321:dbuser:"));
  settings_.iam_role = "arn:aws:iam:::role/redshift-reads";
  EXPECT_TRUE(has(text("redshift-trust"), ":us-west-2:210987654321:dbuser:"));
}

TEST_F(IamDocumentsTest, AccountsThatContradictEachOtherAreRefused) {
  options_.account = "210987654321";
  expect_refusal("redshift-trust", {"--account", "210987654321", "iam_role", "123456789012"});
  options_.account = "12";
  expect_refusal("redshift-trust", {"--account", "12 digits"});
}

TEST_F(IamDocumentsTest, AnUnknownRegionIsAskedFor) {
  settings_.warehouse = "redshift://loader@dwh.example.com:5439/dev";
  settings_.cluster = "dwh";
  expect_refusal("redshift-trust", {"region", "--region", "AWS_REGION"});
  region_ = "eu-west-1";
  EXPECT_TRUE(has(text("redshift-trust"), "arn:aws:redshift:eu-west-1:123456789012:dbuser:dwh/"));
  region_ = "*";
  expect_refusal("redshift-trust", {"no AWS region"});
}

TEST_F(IamDocumentsTest, AHostWithANameOfItsOwnNeedsTheCluster) {
  settings_.warehouse = "redshift://loader@dwh.example.com:5439/dev";
  region_ = "eu-west-1";
  expect_refusal("redshift-trust", {"dwh.example.com", "--cluster", "--workgroup"});
}

TEST_F(IamDocumentsTest, AWorkgroupsLoginNeedsItsId) {
  settings_.warehouse = kWorkgroup;
  settings_.iam_role = std::nullopt;  // the host names the account
  settings_.iam_auth = true;
  expect_refusal("analyst", {"--workgroup-id", "get-workgroup --workgroup-name etl"});
  options_.workgroup_id = "0a1b-2c3d";
  EXPECT_TRUE(has(text("analyst"),
                  "arn:aws:redshift-serverless:us-west-2:123456789012:workgroup/0a1b-2c3d"));
  ASSERT_EQ(ask("analyst")->notes.size(), 1u);
  EXPECT_TRUE(has(ask("analyst")->notes[0], "GRANT"));
  EXPECT_TRUE(has(text("redshift-trust"), "redshift-serverless.amazonaws.com"));
  options_.workgroup_id = "*";
  EXPECT_TRUE(has(text("analyst"), ":workgroup/*\""));
  options_.workgroup_id = "etl";
  expect_refusal("analyst", {"--workgroup-id: etl"});
}

TEST_F(IamDocumentsTest, ALoginNeedsADatabase) {
  settings_.warehouse = "redshift://loader@dwh.abc123.us-west-2.redshift.amazonaws.com:5439";
  settings_.iam_auth = true;
  expect_refusal("analyst", {"names no database"});
}

TEST_F(IamDocumentsTest, ThePartitionIsTheRolesOrElseTheRegions) {
  settings_.iam_role = "arn:aws-us-gov:iam::123456789012:role/r";
  EXPECT_TRUE(has(text("loader"), "arn:aws-us-gov:s3:::music/log_data/*"));
  settings_.iam_role = std::nullopt;
  settings_.warehouse = "redshift://u@dwh.abc.cn-north-1.redshift.amazonaws.com.cn:5439/dev";
  EXPECT_TRUE(has(text("loader"), "arn:aws-cn:s3:::music/log_data/*"));
  settings_.warehouse = "duckdb:x.duckdb";
  EXPECT_TRUE(has(text("loader"), "arn:aws:s3:::music/log_data/*"));
  region_ = "us-gov-west-1";
  EXPECT_TRUE(has(text("loader"), "arn:aws-us-gov:s3:::music/log_data/*"));
}

TEST_F(IamDocumentsTest, AChainOfRolesIsLinkedOneByOne) {
  settings_.iam_role = std::string(kRole) + ",arn:aws:iam::210987654321:role/owner";
  EXPECT_EQ(names(), (Texts{"redshift-role", "redshift-trust", "redshift-chain-1",
                            "redshift-chain-trust-2", "loader"}));
  const auto found = ask();
  EXPECT_EQ(found->documents[0].role->name, "owner");
  EXPECT_EQ(found->documents[1].role->name, "redshift-reads");
  EXPECT_TRUE(
      has(text("redshift-chain-1"), "\"Resource\":[\"arn:aws:iam::210987654321:role/owner"));
  EXPECT_TRUE(has(text("redshift-chain-trust-2"), std::string("\"AWS\":[\"") + kRole));
}

TEST_F(IamDocumentsTest, AControlAreaInTheDataIsPointedOut) {
  EXPECT_TRUE(ask()->notes.empty());
  settings_.control = "s3://music/log_data/control";
  ASSERT_EQ(ask()->notes.size(), 1u);
  EXPECT_TRUE(has(ask()->notes[0], "delete data"));
}

TEST_F(IamDocumentsTest, WhatMakesNoSenseIsRefused) {
  expect_refusal("admin", {"no policy admin", "redshift-role, redshift-trust, loader, analyst"},
                 ErrorKind::usage);
  settings_.iam_role = "redshift-reads";
  expect_refusal("", {"iam_role: redshift-reads", "arn:aws:iam::"});
  settings_.iam_role = kRole;
  settings_.log_data = "s3://no_key\xff/";
  expect_refusal("loader", {"log_data", "no place in S3"});
  settings_.log_data = "s3://music/\xff";
  expect_refusal("loader", {"log_data", "not UTF-8"});
  settings_.log_data = "s3://music/log_data";
  settings_.control = "control";
  expect_refusal("loader", {"control", "s3://BUCKET/PREFIX"});
}

TEST_F(IamDocumentsTest, OnlyAKeyItselfIsTakenForOne) {
  for (const char* key : {"1234", "arn:aws:kms:us-west-2:123456789012:alias/music",
                          "arn:aws:kms:us-west-2:123456789012:key/*"}) {
    options_.kms_keys = {key};
    expect_refusal("", {"--kms-key", "alias"});
  }
  options_.kms_keys = {"arn:aws:kms:us-west-2:123456789012:key/1234"};
  EXPECT_TRUE(has(text("redshift-role"), "kms:Decrypt"));
  EXPECT_TRUE(has(text("loader"), "kms:GenerateDataKey"));
}

}  // namespace
}  // namespace sparkify
