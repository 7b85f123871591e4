#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/aws_environment.h"
#include "base/result.h"

namespace sparkify {

/// The region to ask: the flag, AWS_REGION, AWS_DEFAULT_REGION, the profile's `region`; nothing if
/// none says.
/// Errors    config: a profile file cannot be read; the region is no region's name.
Result<std::optional<std::string>> configured_region(const AwsEnvironment& environment);

/// Where to ask for `service` (`s3`, `sts`, `sso`, `sso_oidc`, ...) instead of AWS's own address,
/// without a slash at the end: AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, then the profile's
/// `services` section and its `endpoint_url`. Nothing if none says or if
/// AWS_IGNORE_CONFIGURED_ENDPOINT_URLS (or the profile's `ignore_configured_endpoint_urls`) is
/// `true`.
/// Errors    config: a profile file cannot be read; the URL is neither http:// nor https://.
Result<std::optional<std::string>> configured_endpoint(const AwsEnvironment& environment,
                                                       std::string_view service);

/// Whether `text` can be a region's name, and so a label of a host's.
bool is_region_name(std::string_view text);

/// The name that the region's partition gives its hosts: `amazonaws.com`, `amazonaws.com.cn`, ...
std::string_view dns_suffix(std::string_view region);

/// The region's partition, as ARNs begin with it: `aws`, `aws-cn`, ...
std::string_view partition_of(std::string_view region);

}  // namespace sparkify
