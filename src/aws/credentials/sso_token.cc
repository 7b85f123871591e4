#include "aws/credentials/sso_token.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "aws/aws_settings.h"
#include "aws/credentials/credential_request.h"
#include "aws/credentials/iso_time.h"
#include "base/assert.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/small_file.h"
#include "base/utf8.h"

namespace sparkify {
namespace {

using nlohmann::json;

constexpr std::size_t kFileBytesMax = std::size_t{64} << 10;
constexpr std::int64_t kSecond_us = 1'000'000;
constexpr std::int64_t kRefresh_us = std::int64_t{15} * 60 * kSecond_us;
constexpr std::int64_t kLifeMax_s = std::int64_t{366} * 86'400;
constexpr CredentialPatience kPatience = {.tries = 3, .timeout_s = 30};

std::string text_of(const json& object, std::string_view name) {
  const auto found = object.find(name);
  return found == object.end() || !found->is_string() ? std::string()
                                                      : found->get_ref<const std::string&>();
}

bool can_be_refreshed(const json& token, std::int64_t now_us) {
  if (text_of(token, "refreshToken").empty() || text_of(token, "clientId").empty() ||
      text_of(token, "clientSecret").empty()) {
    return false;
  }
  const auto until_us = parse_iso_time(text_of(token, "registrationExpiresAt"));
  return !until_us.has_value() || *until_us > now_us;
}

// Puts what CreateToken answered into `token`. False if that was no new token.
bool take_answer(const Secret& body, std::int64_t now_us, json& token) {
  const json answer = json::parse(body.reveal(), nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object() || text_of(answer, "accessToken").empty()) return false;
  const auto life = answer.find("expiresIn");
  if (life == answer.end() || !life->is_number_integer()) return false;
  const std::int64_t life_s = life->get<std::int64_t>();
  if (life_s <= 0 || life_s > kLifeMax_s) return false;
  token["accessToken"] = text_of(answer, "accessToken");
  token["expiresAt"] = format_iso_time(now_us + life_s * kSecond_us);
  // Each refresh token may be good for once.
  if (!text_of(answer, "refreshToken").empty()) {
    token["refreshToken"] = text_of(answer, "refreshToken");
  }
  return true;
}

// Exchanges `token` for a new one. False: not to be had; nothing has changed.
Result<bool> refresh(const CredentialContext& context, const SsoSession& session, json& token) {
  TRY_ASSIGN(const std::optional<std::string> endpoint,
             configured_endpoint(context.environment, "sso_oidc"));
  const Secret body(json{{"grantType", "refresh_token"},
                         {"clientId", text_of(token, "clientId")},
                         {"clientSecret", text_of(token, "clientSecret")},
                         {"refreshToken", text_of(token, "refreshToken")}}
                        .dump(-1, ' ', false, json::error_handler_t::replace));
  HttpRequest request;
  request.method = "POST";
  request.url = endpoint.value_or(
                    fmt::format("https://oidc.{}.{}", session.region, dns_suffix(session.region))) +
                "/token";
  request.headers.push_back({"Content-Type", "application/json"});
  request.body = body.reveal();
  Result<HttpResponse> response =
      ask_for_credentials(context, std::move(request),
                          fmt::format("sso (profile {})", printable(session.profile)), kPatience);
  if (!response.ok()) {
    if (response.error().kind == ErrorKind::stopped) return response.error();
    log_warning(fmt::format("the SSO login was not renewed: {}", response.error().message));
    return false;
  }
  const Secret answer(std::move(response->body));
  return response->status == 200 && take_answer(answer, context.options.clock(), token);
}

}  // namespace

Error sso_login_error(const SsoSession& session, std::string_view why) {
  return make_error(ErrorKind::config,
                    fmt::format("sso (profile {0}): {1}; run: aws sso login --profile {0}",
                                printable(session.profile), why));
}

Result<Secret> sso_token(const CredentialContext& context, const SsoSession& session) {
  const std::string& key = session.name.empty() ? session.start_url : session.name;
  const std::string path =
      context.environment.expand_home(fmt::format("~/.aws/sso/cache/{}.json", sha1_hex(key)));
  if (path.empty()) return sso_login_error(session, "HOME is not set, so there is no login");
  TRY_ASSIGN(const std::optional<Secret> text, read_small_file(path, kFileBytesMax));
  if (!text.has_value()) return sso_login_error(session, "nobody is logged in");
  json token = json::parse(text->reveal(), nullptr, /*allow_exceptions=*/false);
  const std::optional<std::int64_t> expires_at_us =
      token.is_object() ? parse_iso_time(text_of(token, "expiresAt")) : std::nullopt;
  if (!expires_at_us.has_value() || text_of(token, "accessToken").empty()) {
    return sso_login_error(session, "the file of the login cannot be read");
  }
  const std::int64_t now_us = context.options.clock();
  if (*expires_at_us - now_us > kRefresh_us) return Secret(text_of(token, "accessToken"));
  if (can_be_refreshed(token, now_us)) {
    TRY_ASSIGN(const bool refreshed, refresh(context, session, token));
    if (refreshed) {
      const Status kept = replace_small_file(
          path, Secret(token.dump(-1, ' ', false, json::error_handler_t::replace)));
      if (!kept.ok()) log_warning(kept.error().message);
      return Secret(text_of(token, "accessToken"));
    }
  }
  if (*expires_at_us <= now_us) return sso_login_error(session, "the login has expired");
  return Secret(text_of(token, "accessToken"));
}

}  // namespace sparkify
