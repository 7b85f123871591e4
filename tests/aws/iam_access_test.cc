#include "aws/iam_access.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sparkify {
namespace {

using Texts = std::vector<std::string>;

const IamStatement& statement(const IamPolicy& policy, const std::string& sid) {
  for (const IamStatement& each : policy) {
    if (each.sid == sid) return each;
  }
  ADD_FAILURE() << "no statement " << sid;
  static const IamStatement none;
  return none;
}

IamStorage storage(std::vector<IamPlace> data) {
  IamStorage made;
  made.data = std::move(data);
  return made;
}

Texts prefixes(const IamPolicy& policy, const std::string& sid = "ListPrefixes") {
  const auto& conditions = statement(policy, sid).conditions;
  if (conditions.empty()) return {"(any)"};
  EXPECT_EQ(conditions[0].test, "StringLike");
  EXPECT_EQ(conditions[0].key, "s3:prefix");
  return conditions[0].values;
}

Texts objects(const IamPolicy& policy) { return statement(policy, "ReadObjects").resources; }

IamPolicy reads(const std::string& key) {
  return loader_policy(storage({place_of_data("music", key)}));
}

IamDatabase cluster() {
  IamDatabase database;
  database.region = "us-west-2";
  database.account = "123456789012";
  database.cluster = "dwh";
  database.database = "dev";
  database.user = "loader";
  return database;
}

IamDatabase workgroup() {
  IamDatabase database = cluster();
  database.kind = RedshiftKind::serverless;
  database.workgroup_id = "0123-abcd";
  return database;
}

// What is not known of a location until it is listed: whether it is an object or a folder.
TEST(IamAccess, ALocationIsAnObjectOrAFolderButNotItsNeighbours) {
  const IamPolicy policy = reads("log_data");
  EXPECT_EQ(prefixes(policy), (Texts{"log_data", "log_data/*"}));
  EXPECT_EQ(objects(policy),
            (Texts{"arn:aws:s3:::music/log_data", "arn:aws:s3:::music/log_data/*"}));
}

TEST(IamAccess, ALocationThatEndsWithASlashIsAFolder) {
  EXPECT_EQ(prefixes(reads("log_data/")), Texts{"log_data/*"});
  EXPECT_EQ(objects(reads("log_data/")), Texts{"arn:aws:s3:::music/log_data/*"});
}

TEST(IamAccess, ABucketAsAWholeIsListedWithoutACondition) {
  EXPECT_EQ(prefixes(reads("")), Texts{"(any)"});
  EXPECT_EQ(objects(reads("")), Texts{"arn:aws:s3:::music/*"});
}

TEST(IamAccess, OfAPatternThePartBeforeItsFirstSignIsGranted) {
  EXPECT_EQ(objects(reads("log_data/2018/1*/a?.json")),
            Texts{"arn:aws:s3:::music/log_data/2018/1*"});
  EXPECT_EQ(prefixes(reads("log_data/[12]*")), Texts{"log_data/*"});
  EXPECT_EQ(objects(reads("*.json")), Texts{"arn:aws:s3:::music/*"});
}

TEST(IamAccess, SignsOfIamInAKeyAreTakenLiterally) {
  EXPECT_EQ(prefixes(reads("a$b/")), Texts{"a${$}b/*"});
  IamStorage stored = storage({});
  stored.control = place_of_folder("music", "c*d");
  EXPECT_EQ(statement(loader_policy(stored), "WriteControl").resources,
            Texts{"arn:aws:s3:::music/c${*}d/*"});
}

TEST(IamAccess, EachBucketIsListedUnderItsOwnPrefixes) {
  const IamPolicy policy = loader_policy(storage(
      {place_of_data("logs", "a/"), place_of_data("songs", "b/"), place_of_data("logs", "c/")}));
  EXPECT_EQ(statement(policy, "ListPrefixes1").resources, Texts{"arn:aws:s3:::logs"});
  EXPECT_EQ(prefixes(policy, "ListPrefixes1"), (Texts{"a/*", "c/*"}));
  EXPECT_EQ(statement(policy, "ListPrefixes2").resources, Texts{"arn:aws:s3:::songs"});
  EXPECT_EQ(prefixes(policy, "ListPrefixes2"), Texts{"b/*"});
}

TEST(IamAccess, NothingIsSaidTwice) {
  const IamPolicy policy =
      loader_policy(storage({place_of_data("music", "x"), place_of_data("music", "x")}));
  EXPECT_EQ(objects(policy).size(), 2u);
  EXPECT_EQ(prefixes(policy).size(), 2u);
}

TEST(IamAccess, TheLoaderWritesBelowTheControlPrefixAndReadsOnlyTheData) {
  IamStorage stored = storage({place_of_data("music", "log_data/")});
  stored.control = place_of_folder("music", "control");
  const IamPolicy policy = loader_policy(stored);
  EXPECT_EQ(objects(policy), Texts{"arn:aws:s3:::music/log_data/*"});
  EXPECT_EQ(prefixes(policy), Texts{"log_data/*"});
  EXPECT_EQ(statement(policy, "WriteControl").actions, (Texts{"s3:PutObject", "s3:DeleteObject"}));
  EXPECT_EQ(statement(policy, "WriteControl").resources, Texts{"arn:aws:s3:::music/control/*"});
  EXPECT_EQ(policy.size(), 3u);
}

TEST(IamAccess, TheRoleReadsDataAndControlAndWritesNothing) {
  IamStorage stored = storage({place_of_data("music", "log_data/")});
  stored.control = place_of_folder("other", "control/");
  const IamPolicy policy = redshift_role_policy(stored);
  EXPECT_EQ(objects(policy),
            (Texts{"arn:aws:s3:::music/log_data/*", "arn:aws:s3:::other/control/*"}));
  for (const IamStatement& each : policy) {
    for (const std::string& action : each.actions) {
      EXPECT_TRUE(action == "s3:GetObject" || action == "s3:ListBucket") << action;
    }
  }
}

TEST(IamAccess, KeysDecryptForReadersAndMakeDataKeysForWriters) {
  IamStorage stored = storage({place_of_data("music", "a/")});
  stored.kms_keys = {"arn:aws:kms:us-west-2:123456789012:key/1"};
  EXPECT_EQ(statement(loader_policy(stored), "UseKeys").actions, Texts{"kms:Decrypt"});
  stored.control = place_of_folder("music", "control");
  EXPECT_EQ(statement(loader_policy(stored), "UseKeys").actions,
            (Texts{"kms:Decrypt", "kms:GenerateDataKey"}));
  EXPECT_EQ(statement(redshift_role_policy(stored), "UseKeys").actions, Texts{"kms:Decrypt"});
  EXPECT_EQ(statement(redshift_role_policy(stored), "UseKeys").resources, stored.kms_keys);
}

TEST(IamAccess, APartitionHasItsOwnNames) {
  IamStorage stored = storage({place_of_data("music", "a/")});
  stored.partition = "aws-cn";
  EXPECT_EQ(objects(redshift_role_policy(stored)), Texts{"arn:aws-cn:s3:::music/a/*"});
  EXPECT_EQ(login_policy("aws-us-gov", cluster())[0].resources,
            Texts{"arn:aws-us-gov:redshift:us-west-2:123456789012:dbname:dwh/dev"});
}

TEST(IamAccess, OnlyTheClustersUserMayHaveTheRoleTaken) {
  const IamPolicy policy = redshift_trust_policy("aws", cluster());
  ASSERT_EQ(policy.size(), 1u);
  EXPECT_EQ(policy[0].services, Texts{"redshift.amazonaws.com"});
  EXPECT_EQ(policy[0].actions, Texts{"sts:AssumeRole"});
  EXPECT_EQ(policy[0].conditions[0].key, "sts:ExternalId");
  EXPECT_EQ(policy[0].conditions[0].values,
            Texts{"arn:aws:redshift:us-west-2:123456789012:dbuser:dwh/loader"});
}

TEST(IamAccess, AUserThatIsNotKnownIsAnyOfTheCluster) {
  IamDatabase database = cluster();
  database.user.clear();
  EXPECT_EQ(redshift_trust_policy("aws", database)[0].conditions[0].values,
            Texts{"arn:aws:redshift:us-west-2:123456789012:dbuser:dwh/*"});
  database.user = "a*";
  EXPECT_EQ(redshift_trust_policy("aws", database)[0].conditions[0].values,
            Texts{"arn:aws:redshift:us-west-2:123456789012:dbuser:dwh/a${*}"});
}

TEST(IamAccess, AWorkgroupsRoleIsTakenByBothServicesOfTheAccount) {
  const IamPolicy policy = redshift_trust_policy("aws", workgroup());
  EXPECT_EQ(policy[0].services,
            (Texts{"redshift.amazonaws.com", "redshift-serverless.amazonaws.com"}));
  EXPECT_EQ(policy[0].conditions[0].values,
            Texts{"arn:aws:redshift:us-west-2:123456789012:dbuser:*/loader"});
}

TEST(IamAccess, ALoginIsARightOnTheDatabaseOrTheWorkgroup) {
  const IamPolicy provisioned = login_policy("aws", cluster());
  EXPECT_EQ(provisioned[0].actions, Texts{"redshift:GetClusterCredentialsWithIAM"});
  EXPECT_EQ(provisioned[0].resources,
            Texts{"arn:aws:redshift:us-west-2:123456789012:dbname:dwh/dev"});
  const IamPolicy serverless = login_policy("aws", workgroup());
  EXPECT_EQ(serverless[0].actions, Texts{"redshift-serverless:GetCredentials"});
  EXPECT_EQ(serverless[0].resources,
            Texts{"arn:aws:redshift-serverless:us-west-2:123456789012:workgroup/0123-abcd"});
}

TEST(IamAccess, ARoleOfAChainTakesTheNextAndIsNamedByIt) {
  EXPECT_EQ(chain_policy("arn:aws:iam::1:role/b")[0].resources, Texts{"arn:aws:iam::1:role/b"});
  EXPECT_EQ(chain_trust_policy("arn:aws:iam::1:role/a")[0].roles, Texts{"arn:aws:iam::1:role/a"});
  EXPECT_TRUE(chain_trust_policy("arn:aws:iam::1:role/a")[0].resources.empty());
}

TEST(IamAccess, PlacesOverlapWhereAKeyIsInBoth) {
  const IamPlace data = place_of_data("music", "log_data");
  EXPECT_TRUE(overlap(data, place_of_folder("music", "")));
  EXPECT_TRUE(overlap(data, place_of_folder("music", "log_data/control")));
  EXPECT_TRUE(overlap(place_of_data("music", "a/b"), place_of_folder("music", "a")));
  EXPECT_FALSE(overlap(data, place_of_folder("music", "log_data2")));
  EXPECT_FALSE(overlap(data, place_of_folder("other", "log_data")));
}

}  // namespace
}  // namespace sparkify
