#pragma once

#include <string>

#include "aws/credentials/credential_provider.h"
#include "base/result.h"
#include "base/secret.h"

namespace sparkify {

/// Where a user is logged in, as a profile describes it.
struct SsoSession {
  std::string profile;
  std::string name;  ///< of the [sso-session]; empty: the older form, without one
  std::string start_url;
  std::string region;
};

/// The token that `aws sso login` left in ~/.aws/sso/cache. One that ends within 15 minutes is
/// exchanged for a new one, if it came with what that takes, and the file is written anew.
/// Errors    config: nobody is logged in, or no longer: says how to log in. stopped.
/// Source    botocore's tokens.py; the CreateToken call of the SSO OIDC API.
Result<Secret> sso_token(const CredentialContext& context, const SsoSession& session);

/// That somebody must log in.
Error sso_login_error(const SsoSession& session, std::string_view why);

}  // namespace sparkify
