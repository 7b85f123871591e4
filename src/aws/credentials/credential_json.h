#pragma once

#include <string_view>

#include "aws/credentials.h"
#include "base/result.h"
#include "base/secret.h"

namespace sparkify {

/// Reads the JSON object in which a container's and an instance's endpoint and a
/// `credential_process` answer: `AccessKeyId`, `SecretAccessKey`, `Expiration` (ISO 8601) and, by
/// the name given, the session token.
///
/// `who`     begins an error's message.
/// `version` what `Version` must be; 0: not looked at.
/// Errors    config: not such an object, a key is not there, no time. Nothing of the text is shown.
Result<AwsCredentials> credentials_from_json(const Secret& text, std::string_view who,
                                             std::string_view token_name, int version = 0);

}  // namespace sparkify
