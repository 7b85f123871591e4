#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "aws/aws_environment.h"
#include "aws/credentials.h"
#include "aws/http_client.h"
#include "base/result.h"
#include "base/stop_flag.h"
#include "base/time.h"

namespace sparkify {

/// What of the search for credentials is fixed for users; tests turn it.
struct CredentialChainOptions {
  std::function<std::int64_t()> clock = now_micros;  ///< microseconds since 1970-01-01 UTC
  double process_timeout_s = 60;                     ///< of a `credential_process`
  double retry_pause_s = 1;                          ///< before a server is asked again
  /// Where AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is asked.
  std::string container_endpoint = "http://169.254.170.2";
  const StopFlag* stop = nullptr;  ///< ends a `credential_process` and the pauses
};

/// What every provider works with; outlives them.
struct CredentialContext {
  AwsEnvironment environment;
  HttpClient& http;
  CredentialChainOptions options;
};

/// One place that credentials come from.
class CredentialProvider {
 public:
  virtual ~CredentialProvider() = default;

  /// Asks the place now; reads its files again. One thread at a time.
  /// Errors    config, stopped; the message begins with name() or with a file.
  virtual Result<AwsCredentials> fetch() = 0;

  /// For people; never a value of a key.
  virtual std::string name() const = 0;
};

}  // namespace sparkify
