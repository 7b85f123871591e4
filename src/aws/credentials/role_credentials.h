#pragma once

#include <memory>
#include <optional>
#include <string>

#include "aws/credentials/credential_provider.h"

namespace sparkify {

/// A role as a profile describes it. Empty: not set.
struct RoleSettings {
  std::string profile;  ///< that describes it; empty: the environment does
  std::string role_arn;
  std::string session_name;
  std::string external_id;
  std::optional<int> duration_s;
};

/// What the role gives to whoever `source` is. `source` is kept and refreshed on its own.
/// Errors    of fetch: config: source fails, STS refuses or is not there. stopped.
std::unique_ptr<CredentialProvider> role_credentials(const CredentialContext& context,
                                                     RoleSettings role,
                                                     std::unique_ptr<CredentialProvider> source);

/// What the role gives to the bearer of the token in `token_file`, which is read again at each
/// fetch (EKS puts a new one there).
/// Errors    of fetch: config: as above; the file cannot be read. stopped.
std::unique_ptr<CredentialProvider> web_identity_credentials(const CredentialContext& context,
                                                             RoleSettings role,
                                                             std::string token_file);

}  // namespace sparkify
