#include "aws/credentials/provider_search.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/aws_profile.h"
#include "aws/credentials/container_credentials.h"
#include "aws/credentials/instance_credentials.h"
#include "aws/credentials/process_credentials.h"
#include "aws/credentials/role_credentials.h"
#include "aws/credentials/sso_credentials.h"
#include "aws/credentials/static_credentials.h"
#include "base/utf8.h"

namespace sparkify {
namespace {

constexpr std::size_t kRoleChainMax = 10;

using Provider = std::unique_ptr<CredentialProvider>;

Error refuse(const std::string& profile, std::string_view why) {
  return make_error(ErrorKind::config,
                    fmt::format("the AWS profile {}: {}", printable(profile), why));
}

// A role by a signed call; one with a token file is assumed by web identity.
bool names_role(const AwsSection& profile) {
  return profile.has("role_arn") && !profile.has("web_identity_token_file");
}

class Search {
 public:
  Search(const CredentialContext& context, AwsProfiles profiles)
      : context_(context), profiles_(std::move(profiles)) {}

  // What `profile` gives without a role of its own, in order; nullptr: nothing.
  Result<Provider> plain_profile(const std::string& profile, bool with_environment) {
    static const AwsSection kNone;
    const AwsSection* const found = profiles_.find(profile);
    const AwsSection& section = found == nullptr ? kNone : *found;
    TRY_ASSIGN(Provider web_identity, web_identity_of(profile, section, with_environment));
    if (web_identity != nullptr) return web_identity;
    if (names_sso(section)) return sso_credentials(context_, profiles_, profile);
    if (has_keys(profiles_.credentials, profile)) {
      return profile_credentials(context_, ProfileFile::credentials, profile);
    }
    if (section.has("login_session")) {
      return refuse(profile,
                    fmt::format("credentials of `aws login` are taken by way of the AWS command "
                                "line: make another profile with credential_process = aws "
                                "configure export-credentials --profile {} --format process",
                                printable(profile)));
    }
    if (section.has("credential_process")) {
      return process_credentials(context_, profile,
                                 Secret(std::string(section.value("credential_process"))));
    }
    if (has_keys(profiles_.config, profile)) {
      return profile_credentials(context_, ProfileFile::config, profile);
    }
    return Provider();
  }

  // The role that `profile` names, by way of the roles before it. `visited` are the profiles so
  // far, this one the last.
  Result<Provider> role_of(const std::string& profile, std::vector<std::string> visited) {
    const AwsSection& section = *profiles_.find(profile);
    if (visited.size() > kRoleChainMax) {
      return refuse(profile, fmt::format("a chain of more than {} roles", kRoleChainMax));
    }
    if (section.has("mfa_serial")) {
      return refuse(profile,
                    "mfa_serial asks for a code, and nobody is there to type it; put the result of "
                    "`aws configure export-credentials` into the environment, or use another "
                    "profile");
    }
    TRY_ASSIGN(RoleSettings role, role_settings(profile, section));
    TRY_ASSIGN(Provider source, source_of(profile, section, std::move(visited)));
    return role_credentials(context_, std::move(role), std::move(source));
  }

  const AwsProfiles& profiles() const { return profiles_; }

 private:
  static bool has_keys(const AwsSections& sections, const std::string& profile) {
    const auto found = sections.find(profile);
    return found != sections.end() && ::sparkify::has_keys(found->second);
  }

  Result<Provider> web_identity_of(const std::string& profile, const AwsSection& section,
                                   bool with_environment) const {
    bool of_environment = false;
    const auto setting = [&](std::string_view variable, std::string_view key) {
      const std::string_view set =
          with_environment ? context_.environment.variable(variable) : std::string_view();
      of_environment = of_environment || !set.empty();
      return std::string(set.empty() ? section.value(key) : set);
    };
    const std::string token_file =
        setting("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
    if (token_file.empty()) return Provider();
    RoleSettings role;
    role.role_arn = setting("AWS_ROLE_ARN", "role_arn");
    role.session_name = setting("AWS_ROLE_SESSION_NAME", "role_session_name");
    if (!of_environment) role.profile = profile;
    if (role.role_arn.empty()) {
      return make_error(
          ErrorKind::config,
          "a web identity token file is set up but no role: AWS_ROLE_ARN, or role_arn "
          "in the profile, is not set");
    }
    return web_identity_credentials(context_, std::move(role),
                                    context_.environment.expand_home(token_file));
  }

  static Result<RoleSettings> role_settings(const std::string& profile, const AwsSection& section) {
    RoleSettings role;
    role.profile = profile;
    role.role_arn = section.value("role_arn");
    role.session_name = section.value("role_session_name");
    role.external_id = section.value("external_id");
    const std::string_view duration = section.value("duration_seconds");
    if (duration.empty()) return role;
    int seconds = 0;
    const auto [end, error] =
        std::from_chars(duration.data(), duration.data() + duration.size(), seconds);
    if (error != std::errc() || end != duration.data() + duration.size() || seconds <= 0) {
      return refuse(profile, "duration_seconds is no number of seconds, such as 3600");
    }
    role.duration_s = seconds;
    return role;
  }

  // Who asks for the role of `profile`.
  Result<Provider> source_of(const std::string& profile, const AwsSection& section,
                             std::vector<std::string> visited) {
    const std::string source(section.value("source_profile"));
    const std::string_view named = section.value("credential_source");
    if (!source.empty() && !named.empty()) {
      return refuse(profile, "has both source_profile and credential_source; keep one");
    }
    if (!named.empty()) return named_source(profile, section, named);
    if (source.empty()) {
      return refuse(profile,
                    "has a role_arn but neither source_profile nor credential_source, which say "
                    "who asks for the role");
    }
    const AwsSection* const found = profiles_.find(source);
    if (found == nullptr) {
      return refuse(profile, fmt::format("its source_profile {} is not there", printable(source)));
    }
    const bool has_static_keys =
        found->has("aws_access_key_id") || found->has("aws_secret_access_key");
    const bool is_visited = std::find(visited.begin(), visited.end(), source) != visited.end();
    // A profile may name itself as the source of its role if it has keys too.
    if (is_visited && (source != profile || !has_static_keys)) {
      return refuse(
          profile,
          fmt::format("its source_profile {} leads back to itself ({})", printable(source),
                      printable(fmt::format("{} -> {}", fmt::join(visited, " -> "), source))));
    }
    if (!has_static_keys && names_role(*found)) {
      visited.push_back(source);
      return role_of(source, std::move(visited));
    }
    TRY_ASSIGN(Provider plain, plain_profile(source, /*with_environment=*/false));
    if (plain != nullptr) return plain;
    return refuse(profile,
                  fmt::format("its source_profile {} has no credentials", printable(source)));
  }

  Result<Provider> named_source(const std::string& profile, const AwsSection& section,
                                std::string_view source) const {
    if (source == "Environment") {
      if (!context_.environment.variable("AWS_ACCESS_KEY_ID").empty()) {
        return environment_credentials(context_);
      }
      return refuse(profile, "credential_source is Environment, but AWS_ACCESS_KEY_ID is not set");
    }
    if (source == "EcsContainer") {
      if (names_container(context_.environment)) return container_credentials(context_);
      return refuse(profile,
                    "credential_source is EcsContainer, but no AWS_CONTAINER_CREDENTIALS_* is set");
    }
    if (source == "Ec2InstanceMetadata") return instance_credentials(context_, section);
    return refuse(profile,
                  "credential_source must be Environment, Ec2InstanceMetadata or EcsContainer");
  }

  const CredentialContext& context_;
  AwsProfiles profiles_;
};

}  // namespace

Result<FoundProvider> find_provider(const CredentialContext& context) {
  const AwsEnvironment& environment = context.environment;
  const bool with_environment = !environment.profile.has_value();
  if (with_environment && !environment.variable("AWS_ACCESS_KEY_ID").empty()) {
    return FoundProvider{environment_credentials(context), false};
  }
  TRY_ASSIGN(AwsProfiles read, read_aws_profiles(environment));
  Search search(context, std::move(read));
  TRY_ASSIGN(const AwsSection* const section, search.profiles().chosen(environment));
  const std::string profile = environment.profile_name();
  Provider provider;
  if (names_role(*section)) {
    TRY_ASSIGN(provider, search.role_of(profile, {profile}));
  } else {
    TRY_ASSIGN(provider, search.plain_profile(profile, with_environment));
  }
  if (provider == nullptr && names_container(environment)) {
    provider = container_credentials(context);
  }
  if (provider != nullptr) return FoundProvider{std::move(provider), false};
  return FoundProvider{instance_credentials(context, *section), true};
}

Error no_credentials_error(const AwsEnvironment& environment, std::string_view instance) {
  const std::string variables = environment.profile.has_value()
                                    ? "the environment's keys are not used with --profile"
                                    : "AWS_ACCESS_KEY_ID is not set";
  const auto shown = [&](std::string_view variable, std::string_view otherwise) {
    const std::string_view set = environment.variable(variable);
    return printable(set.empty() ? otherwise : set);
  };
  return make_error(
      ErrorKind::config,
      fmt::format(
          "no AWS credentials found: {}; the profile {} has none in {} or {}; no web "
          "identity and no container gives any; {}. Run `aws configure` or `aws sso login`, "
          "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give --no-sign-request for a "
          "public bucket",
          variables, printable(environment.profile_name()),
          shown("AWS_CONFIG_FILE", "~/.aws/config"),
          shown("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"), instance));
}

}  // namespace sparkify
