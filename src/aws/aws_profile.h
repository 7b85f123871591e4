#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "aws/aws_environment.h"
#include "base/result.h"
#include "base/secret.h"

namespace sparkify {

/// What a section of an AWS file says. Keys are lower case.
struct AwsSection {
  /// Held as secrets because some are.
  std::map<std::string, Secret, std::less<>> values;
  /// The indented blocks, by the key above them: `s3 =`, then `  addressing_style = path`.
  std::map<std::string, std::map<std::string, Secret, std::less<>>, std::less<>> blocks;
  std::size_t line = 0;  ///< of its head

  /// The value, valid while the section lives; empty if it is not there, or there and empty.
  std::string_view value(std::string_view key) const;
  std::string_view value(std::string_view block, std::string_view key) const;
  bool has(std::string_view key) const { return !value(key).empty(); }
};

/// Sections by name.
using AwsSections = std::map<std::string, AwsSection, std::less<>>;

/// What both files say.
struct AwsProfiles {
  std::string config_file;       ///< safe to print; empty: there is no HOME to look in
  std::string credentials_file;  ///< the same
  AwsSections config;            ///< the profiles of the config file
  AwsSections credentials;       ///< those of the credentials file
  AwsSections merged;            ///< of both, a key of the credentials file winning
  AwsSections sso_sessions;
  AwsSections services;

  /// The profile that `environment` means; an empty one if nobody asked for it by name.
  /// Errors    config: it was asked for and is in neither file.
  Result<const AwsSection*> chosen(const AwsEnvironment& environment) const;
  /// The profile `name`, or nullptr.
  const AwsSection* find(std::string_view name) const;
};

/// Reads INI text as the AWS command line does.
///
/// `text`    Lines `[section]`, `key = value` or `key: value`. A comment is a line of its own that
///           starts with # or ; . A line indented deeper than its key goes on with the value; if
///           nothing stands beside the key, such lines are its block of `key = value`. What
///           `[DEFAULT]`, in capitals, says holds for all sections. A BOM and CRLF are accepted.
/// Errors    config, with file name and line, never with the line's text: neither of the above, a
///           section or a key twice, a NUL byte, no UTF-8.
/// Source    botocore's configloader, which is Python's RawConfigParser.
Result<AwsSections> parse_aws_ini(std::string_view text, std::string_view file_name);

/// Reads AWS_CONFIG_FILE or ~/.aws/config (`[profile x]`, `[default]`, `[sso-session x]`,
/// `[services x]`, names quoted as in a shell) and AWS_SHARED_CREDENTIALS_FILE or
/// ~/.aws/credentials (`[x]`), of at most 1 MiB each. One that is not there is empty. Of two heads
/// that name the same profile (`[default]`, `[profile default]`) the later section counts.
/// Errors    config: as above, or a file cannot be read.
Result<AwsProfiles> read_aws_profiles(const AwsEnvironment& environment);

}  // namespace sparkify
