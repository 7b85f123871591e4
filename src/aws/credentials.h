#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/secret.h"

namespace sparkify {

/// What proves to AWS who asks.
struct AwsCredentials {
  std::string access_key_id;
  Secret secret_access_key;
  Secret session_token;                       ///< empty: a long-term key
  std::optional<std::int64_t> expires_at_us;  ///< microseconds since 1970-01-01 UTC
};

}  // namespace sparkify
