#pragma once

#include <memory>
#include <string>

#include "aws/aws_profile.h"
#include "aws/credentials/credential_provider.h"

namespace sparkify {

/// The keys in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN (or the older
/// AWS_SECURITY_TOKEN) and AWS_CREDENTIAL_EXPIRATION.
/// Errors    of fetch: config: one of the first two is not set, the last is no time.
std::unique_ptr<CredentialProvider> environment_credentials(const CredentialContext& context);

enum class ProfileFile { credentials, config };

/// Whether the profile's section of this file holds an access key id.
bool has_keys(const AwsSection& section);

/// The keys in one profile's section of one of the two files, which is read again at each fetch:
/// another program may put new ones there.
/// Errors    of fetch: config: the file cannot be read, the section or a key is not there.
std::unique_ptr<CredentialProvider> profile_credentials(const CredentialContext& context,
                                                        ProfileFile file, std::string profile);

}  // namespace sparkify
