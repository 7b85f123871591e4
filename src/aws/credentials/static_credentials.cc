#include "aws/credentials/static_credentials.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "aws/credentials/iso_time.h"
#include "base/utf8.h"

namespace sparkify {
namespace {

class EnvironmentProvider : public CredentialProvider {
 public:
  explicit EnvironmentProvider(const CredentialContext& context)
      : environment_(context.environment) {}

  std::string name() const override { return "environment"; }

  Result<AwsCredentials> fetch() override {
    for (const std::string_view needed : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}) {
      if (environment_.variable(needed).empty()) {
        return make_error(ErrorKind::config, fmt::format("environment: {} is not set", needed));
      }
    }
    AwsCredentials credentials;
    credentials.access_key_id = environment_.variable("AWS_ACCESS_KEY_ID");
    credentials.secret_access_key =
        Secret(std::string(environment_.variable("AWS_SECRET_ACCESS_KEY")));
    std::string_view token = environment_.variable("AWS_SESSION_TOKEN");
    if (token.empty()) token = environment_.variable("AWS_SECURITY_TOKEN");
    credentials.session_token = Secret(std::string(token));
    const std::string_view expiration = environment_.variable("AWS_CREDENTIAL_EXPIRATION");
    if (expiration.empty()) return credentials;
    credentials.expires_at_us = parse_iso_time(expiration);
    if (!credentials.expires_at_us.has_value()) {
      return make_error(
          ErrorKind::config,
          "environment: AWS_CREDENTIAL_EXPIRATION is no time such as 2018-11-01T12:00:00Z");
    }
    return credentials;
  }

 private:
  const AwsEnvironment& environment_;
};

class ProfileProvider : public CredentialProvider {
 public:
  ProfileProvider(const CredentialContext& context, ProfileFile file, std::string profile)
      : environment_(context.environment), file_(file), profile_(std::move(profile)) {}

  std::string name() const override {
    return fmt::format("{} (profile {})",
                       file_ == ProfileFile::config ? "config file" : "shared credentials file",
                       printable(profile_));
  }

  Result<AwsCredentials> fetch() override {
    TRY_ASSIGN(const AwsProfiles profiles, read_aws_profiles(environment_));
    const bool is_config = file_ == ProfileFile::config;
    const AwsSections& sections = is_config ? profiles.config : profiles.credentials;
    const auto found = sections.find(profile_);
    static const AwsSection kNone;
    const AwsSection& section = found == sections.end() ? kNone : found->second;
    for (const std::string_view needed : {"aws_access_key_id", "aws_secret_access_key"}) {
      if (!section.has(needed)) {
        return make_error(ErrorKind::config,
                          fmt::format("{}: the profile {} has no {}",
                                      is_config ? profiles.config_file : profiles.credentials_file,
                                      printable(profile_), needed));
      }
    }
    AwsCredentials credentials;
    credentials.access_key_id = section.value("aws_access_key_id");
    credentials.secret_access_key = Secret(std::string(section.value("aws_secret_access_key")));
    std::string_view token = section.value("aws_session_token");
    if (token.empty()) token = section.value("aws_security_token");
    credentials.session_token = Secret(std::string(token));
    return credentials;
  }

 private:
  const AwsEnvironment& environment_;
  ProfileFile file_;
  std::string profile_;
};

}  // namespace

bool has_keys(const AwsSection& section) { return section.has("aws_access_key_id"); }

std::unique_ptr<CredentialProvider> environment_credentials(const CredentialContext& context) {
  return std::make_unique<EnvironmentProvider>(context);
}

std::unique_ptr<CredentialProvider> profile_credentials(const CredentialContext& context,
                                                        ProfileFile file, std::string profile) {
  return std::make_unique<ProfileProvider>(context, file, std::move(profile));
}

}  // namespace sparkify
