#pragma once

#include <memory>
#include <string>

#include "aws/credentials/credential_provider.h"
#include "base/secret.h"

namespace sparkify {

/// What the program of a profile's `credential_process` prints: JSON, Version 1.
///
/// `command` cut into words as a shell does, but no shell runs it.
/// Errors    of fetch: config: it is not well quoted, fails, prints something else. stopped.
std::unique_ptr<CredentialProvider> process_credentials(const CredentialContext& context,
                                                        std::string profile, Secret command);

}  // namespace sparkify
