#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "aws/credentials/credential_chain.h"
#include "aws/credentials/credential_provider.h"
#include "aws/redshift_address.h"
#include "base/result.h"
#include "base/secret.h"

namespace sparkify {

/// The database that somebody wants to log in to.
struct RedshiftTarget {
  RedshiftKind kind = RedshiftKind::provisioned;
  std::string name;      ///< the cluster's identifier or the workgroup's name
  std::string database;  ///< UTF-8
  /// Where it is, as its host's name tells; nothing: configured_region().
  std::optional<std::string> region;
};

/// A database user with a password that ends by itself.
struct RedshiftLogin {
  std::string user;  ///< `IAM:alice`, `IAMR:role`, ...; to be given as it is
  Secret password;
  /// Microseconds since 1970-01-01 UTC, by AWS's clock: later the password opens no connection.
  std::int64_t expires_at_us = 0;
};

/// Asks AWS for a login of 15 minutes, meant for one connection. The database user is the one that
/// belongs to the identity of the AWS credentials.
///
/// A cluster's is asked for by GetClusterCredentialsWithIAM (service `redshift`), a workgroup's by
/// GetCredentials (`redshift-serverless`), where configured_endpoint() says or at AWS's own address
/// in the region. Up to three tries where nobody answers, where AWS is in trouble (429, 5xx), and
/// where it asks for fewer calls. If AWS says that `credentials` have ended they are renewed once.
///
/// `context` its HTTP client, clock, pause and stop flag are used.
/// Errors    config: no region, a setting is wrong, no credentials, no answer, a refusal (with its
///           reason and what to do), an answer without a login. stopped. Messages begin with the
///           cluster, the workgroup or the wrong setting; of an answer they show only the codes
///           that we know, and never a key or a password.
/// Source    Amazon Redshift API 2012-12-01, "GetClusterCredentialsWithIAM"; Redshift Serverless
///           API 2021-04-21 (JSON 1.1), "GetCredentials"; "Common Errors" of both.
///
/// Safe from several threads at once.
Result<RedshiftLogin> get_redshift_login(const CredentialContext& context,
                                         CredentialChain& credentials,
                                         const RedshiftTarget& target);

}  // namespace sparkify
