#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/iam_policy.h"
#include "aws/redshift_address.h"

namespace sparkify {

/// Keys of a bucket: all that begin with `begin`, and `object` if that is one.
struct IamPlace {
  std::string bucket;
  std::string begin;  ///< empty: all keys
  std::optional<std::string> object;
};

/// What is read of a location of source data: an object, all below a folder, or what a pattern
/// matches, of which IAM knows only the part before its first sign.
IamPlace place_of_data(std::string bucket, std::string_view key);
/// What is written below a folder.
IamPlace place_of_folder(std::string bucket, std::string_view key);

/// Whether some key is in both.
bool overlap(const IamPlace& a, const IamPlace& b);

/// A database of Redshift, where AWS gives a login to it and its users take roles.
struct IamDatabase {
  RedshiftKind kind = RedshiftKind::provisioned;
  std::string region;
  std::string account;       ///< of the cluster or workgroup
  std::string cluster;       ///< its identifier; empty: any (roles only)
  std::string workgroup_id;  ///< AWS's, not its name; `*` for all of them
  std::string database;
  std::string user;  ///< empty: any
};

/// What is in S3 and how.
struct IamStorage {
  std::string partition = "aws";
  std::vector<IamPlace> data;
  std::optional<IamPlace> control;    ///< where the loader writes what Redshift reads
  std::vector<std::string> kms_keys;  ///< ARNs of keys under which objects are encrypted
};

/// The role of COPY: reads data and control area.
/// Source    Redshift database developer guide, "Permissions to access other AWS resources".
IamPolicy redshift_role_policy(const IamStorage& storage);

/// Who may take that role: Redshift, for the database's user. AWS documents no aws:SourceArn and no
/// aws:SourceAccount for it, but an external id that names region, account, cluster and user. That
/// of a workgroup has been documented in two forms; only what both share is asked for.
/// Source    Redshift management guide, "Restricting access to IAM roles", "Granting permissions to
///           Amazon Redshift Serverless".
IamPolicy redshift_trust_policy(const std::string& partition, const IamDatabase& database);

/// A role of a chain takes the next one, and is trusted by it.
/// Source    Redshift management guide, "Chaining IAM roles in Amazon Redshift".
IamPolicy chain_policy(const std::string& next_role);
IamPolicy chain_trust_policy(const std::string& previous_role);

/// The program itself: lists and reads the data, writes and removes in the control area.
IamPolicy loader_policy(const IamStorage& storage);

/// A login to the database, as `get_redshift_login` asks for it. That of a workgroup cannot be
/// limited to one of its databases.
/// Source    Service authorization reference, Amazon Redshift and Amazon Redshift Serverless;
///           Redshift API reference, "GetClusterCredentialsWithIAM".
IamPolicy login_policy(const std::string& partition, const IamDatabase& database);

}  // namespace sparkify
