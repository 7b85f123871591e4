#include "aws/aws_environment.h"

namespace sparkify {

std::string_view AwsEnvironment::variable(std::string_view name) const {
  const auto found = variables.find(std::string(name));
  return found == variables.end() ? std::string_view() : std::string_view(found->second);
}

std::string AwsEnvironment::profile_name() const {
  if (profile.has_value()) return *profile;
  for (const std::string_view name : {"AWS_PROFILE", "AWS_DEFAULT_PROFILE"}) {
    if (!variable(name).empty()) return std::string(variable(name));
  }
  return "default";
}

bool AwsEnvironment::names_profile() const {
  return profile.has_value() || !variable("AWS_PROFILE").empty() ||
         !variable("AWS_DEFAULT_PROFILE").empty();
}

std::string AwsEnvironment::expand_home(std::string_view path) const {
  if (path != "~" && !path.starts_with("~/")) return std::string(path);
  const std::string_view home = variable("HOME");
  if (home.empty()) return {};
  return std::string(home).append(path.substr(1));
}

}  // namespace sparkify
