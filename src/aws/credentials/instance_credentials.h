#pragma once

#include <memory>
#include <string>

#include "aws/aws_profile.h"
#include "aws/credentials/credential_provider.h"

namespace sparkify {

/// Whether AWS_EC2_METADATA_DISABLED forbids to ask the instance.
bool is_instance_metadata_disabled(const AwsEnvironment& environment);

/// What the role of this EC2 instance gives, by IMDSv2 only: the older way without a token can be
/// tricked out of an instance from outside. Asked at AWS_EC2_METADATA_SERVICE_ENDPOINT, or by
/// AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE (`ipv4`, `ipv6`), or at what the profile says of both;
/// twice at most, for a second each.
///
/// When the instance's service cannot get new credentials and gives ended ones, they are taken for
/// ten minutes more: AWS lets them pass then.
/// Errors    of fetch: config: switched off, no instance, no role, the endpoint refuses. stopped.
std::unique_ptr<CredentialProvider> instance_credentials(const CredentialContext& context,
                                                         const AwsSection& profile);

}  // namespace sparkify
