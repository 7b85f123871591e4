#include "aws/credentials/credential_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "aws/credentials/iso_time.h"

namespace sparkify {
namespace {

using nlohmann::json;

// The string by this name; empty if there is none.
std::string text_of(const json& object, std::string_view name) {
  const auto found = object.find(name);
  return found == object.end() || !found->is_string() ? std::string()
                                                      : found->get_ref<const std::string&>();
}

bool has_version(const json& object, int version) {
  const auto found = object.find("Version");
  return found != object.end() && found->is_number_integer() && *found == version;
}

}  // namespace

Result<AwsCredentials> credentials_from_json(const Secret& text, std::string_view who,
                                             std::string_view token_name, int version) {
  const auto refuse = [&](std::string_view why) {
    return make_error(ErrorKind::config, fmt::format("{}: the answer {}", who, why));
  };
  const json object = json::parse(text.reveal(), nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return refuse("is no JSON object");
  if (version != 0 && !has_version(object, version)) {
    return refuse(fmt::format("is not of \"Version\": {}", version));
  }
  AwsCredentials credentials;
  credentials.access_key_id = text_of(object, "AccessKeyId");
  credentials.secret_access_key = Secret(text_of(object, "SecretAccessKey"));
  credentials.session_token = Secret(text_of(object, token_name));
  if (credentials.access_key_id.empty()) return refuse("has no AccessKeyId");
  if (credentials.secret_access_key.empty()) return refuse("has no SecretAccessKey");
  const auto expiration = object.find("Expiration");
  if (expiration == object.end() || expiration->is_null()) return credentials;
  credentials.expires_at_us = parse_iso_time(text_of(object, "Expiration"));
  if (!credentials.expires_at_us.has_value()) {
    return refuse("has an Expiration that is no time such as 2018-11-01T12:00:00Z");
  }
  return credentials;
}

}  // namespace sparkify
