#pragma once

#include <memory>
#include <string>

#include "aws/credentials/credential_provider.h"
#include "base/result.h"

namespace sparkify {

/// Where the credentials come from.
struct FoundProvider {
  std::unique_ptr<CredentialProvider> provider;
  bool is_last_resort =
      false;  ///< nothing is set up: the instance is asked because nothing else is
};

/// Reads the environment and the profile files, in the order of the AWS command line, and says
/// which place is set up to give credentials. Asks no server. Errors    config: a file cannot be
/// read; the profile is not there or is set up wrongly (a role
///           without a source, a loop of roles, an MFA device).
/// Source    botocore's credentials.py.
Result<FoundProvider> find_provider(const CredentialContext& context);

/// That there are no credentials: where was looked, and what to do. `instance` is what came of
/// asking the instance.
Error no_credentials_error(const AwsEnvironment& environment, std::string_view instance);

}  // namespace sparkify
