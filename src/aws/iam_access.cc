#include "aws/iam_access.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace sparkify {
namespace {

constexpr std::string_view kPatternSigns = "*?[";

void add_once(std::vector<std::string>& texts, std::string text) {
  if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(std::move(text));
}

std::string any_if_empty(std::string_view text) { return text.empty() ? "*" : iam_literal(text); }

std::string bucket_arn(const std::string& partition, const std::string& bucket) {
  return fmt::format("arn:{}:s3:::{}", partition, bucket);
}

std::vector<std::string> object_arns(const std::string& partition,
                                     const std::vector<IamPlace>& places) {
  std::vector<std::string> arns;
  for (const IamPlace& place : places) {
    const std::string objects = bucket_arn(partition, place.bucket) + "/";
    if (place.object) add_once(arns, objects + iam_literal(*place.object));
    add_once(arns, objects + iam_literal(place.begin) + "*");
  }
  return arns;
}

bool is_whole_bucket(const IamPlace& place) { return place.begin.empty(); }

// Prefixes that a listing may ask for; none: any.
std::vector<std::string> listed_prefixes(const std::vector<IamPlace>& places,
                                         const std::string& bucket) {
  std::vector<std::string> prefixes;
  for (const IamPlace& place : places) {
    if (place.bucket != bucket) continue;
    if (is_whole_bucket(place)) return {};
    if (place.object) add_once(prefixes, iam_literal(*place.object));
    add_once(prefixes, iam_literal(place.begin) + "*");
  }
  return prefixes;
}

// The prefixes that may be listed depend on the bucket, so each has a statement.
void add_listing(IamPolicy& policy, const std::string& partition,
                 const std::vector<IamPlace>& places) {
  std::vector<std::string> buckets;
  for (const IamPlace& place : places) add_once(buckets, place.bucket);
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    IamStatement list;
    list.sid = buckets.size() == 1 ? "ListPrefixes" : fmt::format("ListPrefixes{}", i + 1);
    list.actions = {"s3:ListBucket"};
    list.resources = {bucket_arn(partition, buckets[i])};
    auto prefixes = listed_prefixes(places, buckets[i]);
    if (!prefixes.empty()) list.conditions = {{"StringLike", "s3:prefix", std::move(prefixes)}};
    policy.push_back(std::move(list));
  }
}

void add_reading(IamPolicy& policy, const std::string& partition,
                 const std::vector<IamPlace>& places) {
  if (places.empty()) return;
  add_listing(policy, partition, places);
  IamStatement read;
  read.sid = "ReadObjects";
  read.actions = {"s3:GetObject"};
  read.resources = object_arns(partition, places);
  policy.push_back(std::move(read));
}

void add_keys(IamPolicy& policy, const std::vector<std::string>& keys, bool writes) {
  if (keys.empty()) return;
  IamStatement use;
  use.sid = "UseKeys";
  use.actions = {"kms:Decrypt"};
  if (writes) use.actions.emplace_back("kms:GenerateDataKey");
  use.resources = keys;
  policy.push_back(std::move(use));
}

}  // namespace

IamPlace place_of_data(std::string bucket, std::string_view key) {
  IamPlace place{std::move(bucket), {}, std::nullopt};
  const std::size_t sign = key.find_first_of(kPatternSigns);
  place.begin = key.substr(0, sign);
  if (sign != key.npos || key.empty() || key.ends_with('/')) return place;
  place.object = place.begin;
  place.begin += '/';
  return place;
}

IamPlace place_of_folder(std::string bucket, std::string_view key) {
  IamPlace place{std::move(bucket), std::string(key), std::nullopt};
  if (!place.begin.empty() && !place.begin.ends_with('/')) place.begin += '/';
  return place;
}

bool overlap(const IamPlace& a, const IamPlace& b) {
  if (a.bucket != b.bucket) return false;
  return a.begin.starts_with(b.begin) || b.begin.starts_with(a.begin) ||
         (a.object && a.object->starts_with(b.begin)) ||
         (b.object && b.object->starts_with(a.begin));
}

IamPolicy redshift_role_policy(const IamStorage& storage) {
  std::vector<IamPlace> places = storage.data;
  if (storage.control) places.push_back(*storage.control);
  IamPolicy policy;
  add_reading(policy, storage.partition, places);
  add_keys(policy, storage.kms_keys, /*writes=*/false);
  return policy;
}

IamPolicy redshift_trust_policy(const std::string& partition, const IamDatabase& database) {
  const bool is_serverless = database.kind == RedshiftKind::serverless;
  IamStatement trust;
  trust.sid = "RedshiftTakesTheRole";
  trust.services = {"redshift.amazonaws.com"};
  if (is_serverless) trust.services.emplace_back("redshift-serverless.amazonaws.com");
  trust.actions = {"sts:AssumeRole"};
  trust.conditions = {
      {"StringLike",
       "sts:ExternalId",
       {fmt::format("arn:{}:redshift:{}:{}:dbuser:{}/{}", partition, database.region,
                    database.account, is_serverless ? "*" : any_if_empty(database.cluster),
                    any_if_empty(database.user))}}};
  return {trust};
}

IamPolicy chain_policy(const std::string& next_role) {
  IamStatement take;
  take.sid = "TakeTheNextRole";
  take.actions = {"sts:AssumeRole"};
  take.resources = {iam_literal(next_role)};
  return {take};
}

IamPolicy chain_trust_policy(const std::string& previous_role) {
  IamStatement trust;
  trust.sid = "ThePreviousRoleTakesThisOne";
  trust.roles = {previous_role};
  trust.actions = {"sts:AssumeRole"};
  return {trust};
}

IamPolicy loader_policy(const IamStorage& storage) {
  IamPolicy policy;
  add_reading(policy, storage.partition, storage.data);
  if (storage.control) {
    IamStatement write;
    write.sid = "WriteControl";
    write.actions = {"s3:PutObject", "s3:DeleteObject"};
    write.resources = object_arns(storage.partition, {*storage.control});
    policy.push_back(std::move(write));
  }
  add_keys(policy, storage.kms_keys, /*writes=*/storage.control.has_value());
  return policy;
}

IamPolicy login_policy(const std::string& partition, const IamDatabase& database) {
  IamStatement login;
  login.sid = "LogIn";
  if (database.kind == RedshiftKind::serverless) {
    login.actions = {"redshift-serverless:GetCredentials"};
    login.resources = {fmt::format("arn:{}:redshift-serverless:{}:{}:workgroup/{}", partition,
                                   database.region, database.account, database.workgroup_id)};
  } else {
    login.actions = {"redshift:GetClusterCredentialsWithIAM"};
    login.resources = {fmt::format("arn:{}:redshift:{}:{}:dbname:{}/{}", partition, database.region,
                                   database.account, iam_literal(database.cluster),
                                   iam_literal(database.database))};
  }
  return {login};
}

}  // namespace sparkify
