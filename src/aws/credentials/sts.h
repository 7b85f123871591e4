#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/credentials.h"
#include "aws/credentials/credential_provider.h"
#include "base/result.h"
#include "base/secret.h"

namespace sparkify {

/// A call of the AWS Security Token Service that gives credentials.
struct StsCall {
  std::string who;     ///< begins an error's message
  std::string action;  ///< `AssumeRole`, ...
  std::vector<std::pair<std::string, Secret>> parameters;
  const AwsCredentials* signer = nullptr;  ///< nullptr: the call is not signed
};

struct StsAnswer {
  std::optional<AwsCredentials> credentials;  ///< none: refused
  bool signer_expired = false;                ///< refused because the signer's have ended
  std::string refusal;                        ///< why, safe to print
};

/// Asks the STS of the configured endpoint or region; without a region, AWS's global one.
/// Errors    config: no answer, or one that is none; a setting is wrong. stopped.
/// Source    AWS STS API 2011-06-15.
Result<StsAnswer> call_sts(const CredentialContext& context, const StsCall& call);

/// A name for a session of ours, for those who read the logs of AWS.
std::string default_session_name(const CredentialContext& context);

}  // namespace sparkify
