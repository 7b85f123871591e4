#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sparkify {

/// The two forms of Amazon Redshift, each with its own API.
enum class RedshiftKind {
  provisioned,  ///< a cluster
  serverless,   ///< a workgroup
};

/// What the name of a host tells of the Redshift behind it.
struct RedshiftAddress {
  RedshiftKind kind = RedshiftKind::provisioned;
  /// The cluster's identifier or the workgroup's name, in lower case. Empty where the host has a
  /// name of its own, as a Redshift-managed VPC endpoint has: then somebody must say it.
  std::string name;
  std::string region;   ///< as us-west-2
  std::string account;  ///< of a workgroup; empty where the host does not tell
};

/// Reads a name that AWS gives: `CLUSTER.ID.REGION.redshift.amazonaws.com`,
/// `WORKGROUP.ACCOUNT.REGION.redshift-serverless.amazonaws.com`, of either a VPC endpoint's
/// `ENDPOINT-endpoint-ID` in the first place, each with the ending of the region's partition.
///
/// `host`    without a port; letters of any case, a dot at the end is let be.
/// Returns   nothing of any other host (a number, a name of one's own, a tunnel, a `vpce-` one):
///           it may still be a Redshift, and the user knows of what kind.
/// Source    "Connecting to Amazon Redshift Serverless" and "Finding your cluster connection
///           string" of the Redshift management guide; the names of VPC endpoints as users of AWS's
///           own drivers report them (aws/amazon-redshift-jdbc-driver, issue 137).
std::optional<RedshiftAddress> read_redshift_address(std::string_view host);

}  // namespace sparkify
