#pragma once

#include <memory>
#include <string>

#include "aws/aws_profile.h"
#include "aws/credentials/credential_provider.h"
#include "base/result.h"

namespace sparkify {

/// Whether the profile takes its credentials from IAM Identity Center (once AWS SSO).
bool names_sso(const AwsSection& profile);

/// What IAM Identity Center gives to who is logged in. The profile has `sso_account_id`,
/// `sso_role_name`, and `sso_session` or, in the older form, `sso_start_url` and `sso_region`.
/// Errors    config: something of this is not there or does not fit; of fetch: nobody is logged in
///           any more, the role is not given, no answer. stopped.
Result<std::unique_ptr<CredentialProvider>> sso_credentials(const CredentialContext& context,
                                                            const AwsProfiles& profiles,
                                                            const std::string& profile);

}  // namespace sparkify
