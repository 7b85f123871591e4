#include "aws/credentials/sts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <pugixml.hpp>

#include "aws/aws_settings.h"
#include "aws/credentials/credential_request.h"
#include "aws/credentials/iso_time.h"
#include "aws/signature_v4.h"
#include "base/percent_encoding.h"

namespace sparkify {
namespace {

constexpr CredentialPatience kPatience = {.tries = 3, .timeout_s = 30};

struct KnownRefusal {
  std::string_view code;
  std::string_view hint;
};

// Only these are shown: whatever else stands in an answer may be anything.
constexpr std::array<KnownRefusal, 16> kKnownRefusals = {{
    {"AccessDenied", "the role's trust policy or the caller's own policy does not allow it"},
    {"ExpiredToken", "what the call was signed or proved with has ended; get a new one"},
    {"ExpiredTokenException", "what the call was signed or proved with has ended; get a new one"},
    {"IDPCommunicationError", "AWS cannot reach the identity provider; try again"},
    {"IDPRejectedClaim", "the identity provider does not stand behind the token"},
    {"IncompleteSignature", "the request was changed on its way"},
    {"InvalidClientTokenId", "AWS does not know the key that signed; or it is of other regions"},
    {"InvalidIdentityToken", "the token is none that the role trusts"},
    {"MalformedPolicyDocument", "the role's policy cannot be read"},
    {"MissingAuthenticationToken", "AWS sees no signature"},
    {"PackedPolicyTooLarge", "the policies and tags of the session are too long"},
    {"RegionDisabledException", "STS is not switched on in this region for the account"},
    {"RequestExpired", "the clock of this machine is wrong"},
    {"SignatureDoesNotMatch", "the secret key does not belong to the key id"},
    {"Throttling", "too many calls; try again"},
    {"ValidationError", "look at role_arn, role_session_name, duration_seconds, external_id"},
}};

struct Place {
  std::string url;
  std::string region;  // that the call is signed for
};

Result<Place> find_place(const AwsEnvironment& environment) {
  TRY_ASSIGN(const std::optional<std::string> region, configured_region(environment));
  TRY_ASSIGN(const std::optional<std::string> endpoint, configured_endpoint(environment, "sts"));
  Place place;
  place.region = region.value_or("us-east-1");
  if (endpoint.has_value()) {
    place.url = *endpoint + "/";
  } else if (region.has_value()) {
    place.url = fmt::format("https://sts.{}.{}/", *region, dns_suffix(*region));
  } else {
    place.url = "https://sts.amazonaws.com/";
  }
  return place;
}

Secret form_of(const StsCall& call) {
  std::string form = fmt::format("Action={}&Version=2011-06-15", call.action);
  for (const auto& [name, value] : call.parameters) {
    form += fmt::format("&{}={}", name, percent_encode(value.reveal()));
  }
  return Secret(std::move(form));
}

// Names are compared without a prefix of a namespace; AWS uses none.
Result<AwsCredentials> read_credentials(const pugi::xml_document& document, const StsCall& call) {
  const pugi::xml_node found = document.child(fmt::format("{}Response", call.action).c_str())
                                   .child(fmt::format("{}Result", call.action).c_str())
                                   .child("Credentials");
  AwsCredentials credentials;
  credentials.access_key_id = found.child_value("AccessKeyId");
  credentials.secret_access_key = Secret(found.child_value("SecretAccessKey"));
  credentials.session_token = Secret(found.child_value("SessionToken"));
  credentials.expires_at_us = parse_iso_time(found.child_value("Expiration"));
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty() ||
      credentials.session_token.empty() || !credentials.expires_at_us.has_value()) {
    return make_error(ErrorKind::config,
                      fmt::format("{}: the answer to {} has no credentials; is the endpoint an "
                                  "STS?",
                                  call.who, call.action));
  }
  return credentials;
}

StsAnswer read_refusal(const pugi::xml_document& document, const HttpResponse& response,
                       const StsCall& call, std::string_view origin) {
  const std::string_view code = document.child("ErrorResponse").child("Error").child_value("Code");
  const auto* const known =
      std::find_if(kKnownRefusals.begin(), kKnownRefusals.end(),
                   [&](const KnownRefusal& refusal) { return refusal.code == code; });
  StsAnswer answer;
  answer.signer_expired =
      call.signer != nullptr && (code == "ExpiredToken" || code == "ExpiredTokenException");
  answer.refusal = known == kKnownRefusals.end()
                       ? fmt::format("{}: {} refused {} (status {})", call.who, origin, call.action,
                                     response.status)
                       : fmt::format("{}: {} refused {} ({} {}): {}", call.who, origin, call.action,
                                     response.status, known->code, known->hint);
  return answer;
}

}  // namespace

Result<StsAnswer> call_sts(const CredentialContext& context, const StsCall& call) {
  TRY_ASSIGN(const Place place, find_place(context.environment));
  const Secret form = form_of(call);
  HttpRequest request;
  request.method = "POST";
  request.url = place.url;
  request.headers.push_back({"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"});
  request.body = form.reveal();
  if (call.signer != nullptr) {
    sign(request, *call.signer, SigningScope{place.region, "sts", context.options.clock()});
  }
  TRY_ASSIGN(HttpResponse response,
             ask_for_credentials(context, std::move(request), call.who, kPatience));
  const Secret body(std::move(response.body));
  pugi::xml_document document;
  document.load_buffer(body.reveal().data(), body.reveal().size());  // unread: without a child
  if (response.status != 200) {
    return read_refusal(document, response, call, url_origin(place.url));
  }
  StsAnswer answer;
  TRY_ASSIGN(answer.credentials, read_credentials(document, call));
  return answer;
}

std::string default_session_name(const CredentialContext& context) {
  return fmt::format("sparkify-{}", context.options.clock() / 1'000'000);
}

}  // namespace sparkify
