#include "aws/credentials/sso_credentials.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "aws/aws_settings.h"
#include "aws/credentials/credential_request.h"
#include "aws/credentials/sso_token.h"
#include "base/percent_encoding.h"
#include "base/redaction.h"
#include "base/utf8.h"

namespace sparkify {
namespace {

using nlohmann::json;

constexpr CredentialPatience kPatience = {.tries = 3, .timeout_s = 30};
constexpr std::int64_t kTimeMax_ms = std::int64_t{253'402'300'799'000};  // the end of 9999

struct SsoRole {
  SsoSession session;
  std::string account_id;
  std::string role_name;
};

bool is_header_safe(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

std::string name_of(const SsoSession& session) {
  return fmt::format("sso (profile {})", printable(session.profile));
}

std::string text_of(const json& object, std::string_view name) {
  const auto found = object.find(name);
  return found == object.end() || !found->is_string() ? std::string()
                                                      : found->get_ref<const std::string&>();
}

// Nothing if `body` is no answer to GetRoleCredentials.
std::optional<AwsCredentials> read_answer(const Secret& body) {
  const json answer = json::parse(body.reveal(), nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object()) return std::nullopt;
  const auto found = answer.find("roleCredentials");
  if (found == answer.end() || !found->is_object()) return std::nullopt;
  AwsCredentials credentials;
  credentials.access_key_id = text_of(*found, "accessKeyId");
  credentials.secret_access_key = Secret(text_of(*found, "secretAccessKey"));
  credentials.session_token = Secret(text_of(*found, "sessionToken"));
  const auto expiration = found->find("expiration");
  if (expiration == found->end() || !expiration->is_number_integer()) return std::nullopt;
  const std::int64_t expires_at_ms = expiration->get<std::int64_t>();
  if (expires_at_ms < 0 || expires_at_ms > kTimeMax_ms) return std::nullopt;
  credentials.expires_at_us = expires_at_ms * 1000;
  return credentials;
}

class SsoProvider : public CredentialProvider {
 public:
  SsoProvider(const CredentialContext& context, SsoRole role)
      : context_(context), role_(std::move(role)) {}

  std::string name() const override { return name_of(role_.session); }

  Result<AwsCredentials> fetch() override {
    TRY_ASSIGN(const Secret token, sso_token(context_, role_.session));
    keep_out_of_messages(token);
    if (!is_header_safe(token.reveal())) {
      return sso_login_error(role_.session, "the file of the login cannot be read");
    }
    TRY_ASSIGN(HttpRequest request, request_for(token));
    const std::string origin = url_origin(request.url);
    TRY_ASSIGN(HttpResponse response,
               ask_for_credentials(context_, std::move(request), name(), kPatience));
    const Secret body(std::move(response.body));
    if (response.status == 401)
      return sso_login_error(role_.session, "AWS takes the login no more");
    if (response.status != 200) {
      return make_error(
          ErrorKind::config,
          fmt::format("{}: {} refused (status {}); do sso_account_id and sso_role_name name a role "
                      "that is given to you?",
                      name(), origin, response.status));
    }
    std::optional<AwsCredentials> credentials = read_answer(body);
    if (credentials.has_value()) return *std::move(credentials);
    return make_error(ErrorKind::config,
                      fmt::format("{}: the answer of {} has no credentials", name(), origin));
  }

 private:
  Result<HttpRequest> request_for(const Secret& token) const {
    TRY_ASSIGN(const std::optional<std::string> endpoint,
               configured_endpoint(context_.environment, "sso"));
    const std::string& region = role_.session.region;
    HttpRequest request;
    request.url = fmt::format(
        "{}/federation/credentials?role_name={}&account_id={}",
        endpoint.value_or(fmt::format("https://portal.sso.{}.{}", region, dns_suffix(region))),
        percent_encode(role_.role_name), percent_encode(role_.account_id));
    request.headers.push_back({"x-amz-sso_bearer_token", token.reveal()});
    return request;
  }

  const CredentialContext& context_;
  SsoRole role_;
};

}  // namespace

bool names_sso(const AwsSection& profile) {
  return profile.has("sso_account_id") || profile.has("sso_role_name");
}

Result<std::unique_ptr<CredentialProvider>> sso_credentials(const CredentialContext& context,
                                                            const AwsProfiles& profiles,
                                                            const std::string& profile) {
  SsoRole role;
  role.session.profile = profile;
  const auto refuse = [&](std::string_view why) {
    return make_error(ErrorKind::config, fmt::format("{}: {}", name_of(role.session), why));
  };
  const AwsSection* const section = profiles.find(profile);
  if (section == nullptr) return refuse("there is no such profile");
  static const AwsSection kNone;
  const AwsSection* session = &kNone;
  role.session.name = section->value("sso_session");
  if (!role.session.name.empty()) {
    const auto found = profiles.sso_sessions.find(role.session.name);
    if (found == profiles.sso_sessions.end()) {
      return refuse(fmt::format("there is no [sso-session {}] in {}", printable(role.session.name),
                                profiles.config_file));
    }
    session = &found->second;
  }
  for (const auto& [key, into] : {std::pair("sso_start_url", &role.session.start_url),
                                  std::pair("sso_region", &role.session.region),
                                  std::pair("sso_account_id", &role.account_id),
                                  std::pair("sso_role_name", &role.role_name)}) {
    const std::string_view own = section->value(key);
    const std::string_view shared = session->value(key);
    if (!own.empty() && !shared.empty() && own != shared) {
      return refuse(fmt::format("{} differs in the profile and in its sso-session", key));
    }
    *into = own.empty() ? shared : own;
    if (into->empty()) return refuse(fmt::format("{} is not set", key));
  }
  if (!is_region_name(role.session.region)) return refuse("sso_region is no AWS region");
  return std::unique_ptr<CredentialProvider>(
      std::make_unique<SsoProvider>(context, std::move(role)));
}

}  // namespace sparkify
