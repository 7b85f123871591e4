#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sparkify {

/// All that the AWS code is told from outside, beside files; cli/ fills it.
struct AwsEnvironment {
  std::map<std::string, std::string> variables;  ///< all AWS_* ones, and HOME; may hold secrets
  std::optional<std::string> profile;            ///< of the --profile flag
  std::optional<std::string> region;             ///< of the --region flag

  /// The variable's value; empty if it is not set, which is the same as set and empty.
  std::string_view variable(std::string_view name) const;
  /// The profile by name: the flag, AWS_PROFILE, AWS_DEFAULT_PROFILE, `default`.
  std::string profile_name() const;
  /// Whether somebody asked for a profile: if it does not exist, that is an error.
  bool names_profile() const;
  /// `path` with HOME for a leading `~`; empty if there is none to put there.
  std::string expand_home(std::string_view path) const;
};

}  // namespace sparkify
