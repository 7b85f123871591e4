#pragma once

#include <cstdint>
#include <string>

#include "aws/credentials.h"
#include "aws/http_client.h"

namespace sparkify {

/// What a signature is good for.
struct SigningScope {
  std::string region;
  std::string service;       ///< `s3`, `sts`, ...
  std::int64_t time_us = 0;  ///< now, in microseconds since 1970-01-01 UTC
};

/// Adds `x-amz-date`, `x-amz-security-token` (with a session token), for s3 also
/// `x-amz-content-sha256`, and `Authorization`, made of the method, the URL as it stands, all
/// headers that are there, and the body. The query must be percent-encoded by RFC 3986; each
/// parameter has its `=`.
///
/// Source    AWS Signature Version 4 for HTTP headers. The path is not normalised: S3 keys are
/// data.
void sign(HttpRequest& request, const AwsCredentials& credentials, const SigningScope& scope);

}  // namespace sparkify
