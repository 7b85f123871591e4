#pragma once

#include <memory>
#include <string_view>

#include "aws/credentials/credential_provider.h"

namespace sparkify {

/// Whether the environment says that a container's endpoint gives credentials.
bool names_container(const AwsEnvironment& environment);

/// Whether a token and credentials may go this way: any https:// URL, and http:// to this machine
/// itself or to an address that ECS (169.254.170.2) or EKS (169.254.170.23, fd00:ec2::23) hands out
/// credentials at. No user name, nothing that two readers could read as two hosts.
bool is_container_url(std::string_view url);

/// What the endpoint of AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI gives (ECS, EKS,
/// CloudShell), asked with AWS_CONTAINER_AUTHORIZATION_TOKEN or what stands in _TOKEN_FILE, which
/// is read again at each fetch.
/// Errors    of fetch: config: the URL is not allowed, the file cannot be read, the endpoint
///           refuses, is not there, answers something else. stopped.
std::unique_ptr<CredentialProvider> container_credentials(const CredentialContext& context);

}  // namespace sparkify
