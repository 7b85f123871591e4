#include "aws/iam_policy.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sparkify {
namespace {

TEST(IamPolicy, SignsOfPatternsStandForThemselvesInALiteral) {
  EXPECT_EQ(iam_literal("log_data/2018"), "log_data/2018");
  EXPECT_EQ(iam_literal("a*b?c$d"), "a${*}b${?}c${$}d");
  EXPECT_EQ(iam_literal("${aws:username}"), "${$}{aws:username}");
  EXPECT_EQ(iam_literal("[a-z]/№ {}"), "[a-z]/№ {}");
}

TEST(IamPolicy, AStatementSaysOnlyWhatItHas) {
  IamStatement read;
  read.sid = "Read";
  read.actions = {"s3:GetObject"};
  read.resources = {"arn:aws:s3:::music/*"};
  EXPECT_EQ(iam_document({read}).dump(),
            R"({"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow",)"
            R"("Action":["s3:GetObject"],"Resource":["arn:aws:s3:::music/*"]}]})");
}

TEST(IamPolicy, ATrustStatementHasPrincipalsOfBothKindsAndConditions) {
  IamStatement trust;
  trust.sid = "Trust";
  trust.services = {"redshift.amazonaws.com"};
  trust.roles = {"arn:aws:iam::123456789012:role/a"};
  trust.actions = {"sts:AssumeRole"};
  trust.conditions = {{"StringLike", "sts:ExternalId", {"x*"}},
                      {"StringLike", "aws:PrincipalOrgID", {"o"}},
                      {"StringEquals", "aws:SourceAccount", {"1"}}};
  const nlohmann::ordered_json statement = iam_document({trust})["Statement"][0];
  EXPECT_EQ(statement["Principal"].dump(),
            R"({"Service":["redshift.amazonaws.com"],"AWS":["arn:aws:iam::123456789012:role/a"]})");
  EXPECT_EQ(statement["Condition"].dump(),
            R"({"StringLike":{"sts:ExternalId":["x*"],"aws:PrincipalOrgID":["o"]},)"
            R"("StringEquals":{"aws:SourceAccount":["1"]}})");
  EXPECT_FALSE(statement.contains("Resource"));
}

}  // namespace
}  // namespace sparkify
