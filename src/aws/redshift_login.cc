#include "aws/redshift_login.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "aws/aws_settings.h"
#include "aws/credentials/credential_request.h"
#include "aws/credentials/iso_time.h"
#include "aws/signature_v4.h"
#include "base/percent_encoding.h"
#include "base/redaction.h"
#include "base/time.h"
#include "base/utf8.h"

namespace sparkify {
namespace {

using nlohmann::json;

constexpr CredentialPatience kPatience = {.tries = 3, .timeout_s = 30};
constexpr int kThrottledTriesMax = 3;
constexpr int kLoginDuration_s = 900;           // the shortest that AWS gives
constexpr double kTimeMax_s = 253'402'300'799;  // the end of 9999

struct Api {
  std::string_view service;  // of the endpoint, the host's name and the signature
  std::string_view action;   // with `service`, the permission too
  std::string_view content_type;
  std::string_view noun;
};

constexpr Api kProvisionedApi = {"redshift", "GetClusterCredentialsWithIAM",
                                 "application/x-www-form-urlencoded; charset=utf-8", "cluster"};
constexpr Api kServerlessApi = {"redshift-serverless", "GetCredentials",
                                "application/x-amz-json-1.1", "workgroup"};

struct Call {
  const RedshiftTarget& target;
  const Api& api;
  std::string who;  // begins an error's message
  std::string region;
  std::string url;
  std::string body;
};

struct Answer {
  int status = 0;
  std::optional<RedshiftLogin> login;
  std::string code;  // of a refusal; may be anything
};

enum class Reason {
  access_denied,
  bad_key,
  bad_signature,
  busy,
  clock,
  expired,
  invalid,
  no_such_name,
  not_signed,
  not_subscribed,
  other_service,
  throttled,
  unsupported,
};

struct KnownRefusal {
  std::string_view code;
  Reason reason;
};

// Only these are shown: whatever else stands in an answer may be anything.
constexpr auto kKnownRefusals = std::to_array<KnownRefusal>({
    {"AccessDenied", Reason::access_denied},
    {"AccessDeniedException", Reason::access_denied},
    {"ClusterNotFound", Reason::no_such_name},
    {"ClusterNotFoundFault", Reason::no_such_name},
    {"ExpiredToken", Reason::expired},
    {"ExpiredTokenException", Reason::expired},
    {"IncompleteSignature", Reason::bad_signature},
    {"IncompleteSignatureException", Reason::bad_signature},
    {"InternalFailure", Reason::busy},
    {"InternalServerException", Reason::busy},
    {"InvalidAction", Reason::other_service},
    {"InvalidClientTokenId", Reason::bad_key},
    {"InvalidParameterValue", Reason::invalid},
    {"InvalidSignatureException", Reason::bad_signature},
    {"MissingAuthenticationToken", Reason::not_signed},
    {"MissingAuthenticationTokenException", Reason::not_signed},
    {"NotAuthorized", Reason::access_denied},
    {"OptInRequired", Reason::not_subscribed},
    {"RequestExpired", Reason::clock},
    {"ResourceNotFoundException", Reason::no_such_name},
    {"ServiceUnavailable", Reason::busy},
    {"SignatureDoesNotMatch", Reason::bad_signature},
    {"Throttling", Reason::throttled},
    {"ThrottlingException", Reason::throttled},
    {"UnknownOperationException", Reason::other_service},
    {"UnrecognizedClientException", Reason::bad_key},
    {"UnsupportedOperation", Reason::unsupported},
    {"ValidationError", Reason::invalid},
    {"ValidationException", Reason::invalid},
});

// Nothing if AWS does not say why, or says what we do not know.
const KnownRefusal* known_refusal(const Answer& answer) {
  const auto* const known =
      std::find_if(kKnownRefusals.begin(), kKnownRefusals.end(),
                   [&](const KnownRefusal& refusal) { return refusal.code == answer.code; });
  return known == kKnownRefusals.end() ? nullptr : known;
}

bool is_refused_for(const Answer& answer, Reason reason) {
  const KnownRefusal* const known = known_refusal(answer);
  return known != nullptr && known->reason == reason;
}

std::string advice(Reason reason, const Call& call) {
  const std::string name = printable(call.target.name);
  switch (reason) {
    case Reason::access_denied:
      return fmt::format(
          "the credentials need the permission {}:{} for the {} {} and its database {}; if it is "
          "another account's, take a role of that account",
          call.api.service, call.api.action, call.api.noun, name, printable(call.target.database));
    case Reason::bad_key:
      return "AWS does not know the key that signed; or it is of other regions";
    case Reason::bad_signature:
      return "the secret key does not belong to the key id, or the clock of this machine is wrong";
    case Reason::busy:
      return "AWS is in trouble; try again later";
    case Reason::clock:
      return "the clock of this machine is wrong";
    case Reason::expired:
      return "the credentials have ended; log in to AWS again";
    case Reason::invalid:
      return fmt::format("look at the names of the {} ({}) and of the database ({})", call.api.noun,
                         name, printable(call.target.database));
    case Reason::no_such_name:
      return fmt::format(
          "the account of the credentials has no {} {} in {}; look at the name, the region and the "
          "account",
          call.api.noun, name, call.region);
    case Reason::not_signed:
      return "AWS sees no signature";
    case Reason::not_subscribed:
      return "the account has not signed up for Amazon Redshift";
    case Reason::other_service:
      return "what answers there is another service; look at the configured endpoint";
    case Reason::throttled:
      return "too many calls; try again later";
    case Reason::unsupported:
      return fmt::format("AWS gives no such login to this {}; log in with a password",
                         call.api.noun);
  }
  return {};
}

Error refusal(const Call& call, const Answer& answer, std::string_view signer) {
  const KnownRefusal* const known = known_refusal(answer);
  std::string why = fmt::format("(status {})", answer.status);
  if (known != nullptr) {
    why = fmt::format("({} {}): {}", answer.status, known->code, advice(known->reason, call));
  } else if (answer.status >= 500) {
    why += ": " + advice(Reason::busy, call);
  }
  return make_error(ErrorKind::config,
                    fmt::format("{}: {} refused {} {}; the call was signed with: {}", call.who,
                                url_origin(call.url), call.api.action, why, signer));
}

Error no_login_error(const Call& call) {
  return make_error(ErrorKind::config,
                    fmt::format("{}: the answer to {} has no user, password and end of it; is {} "
                                "the API of Redshift?",
                                call.who, call.api.action, url_origin(call.url)));
}

// Neither empty nor with a NUL, the end of a line and the like.
bool is_text(std::string_view text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](char c) {
    return (c >= '\0' && c < ' ') || c == '\x7f';
  });
}

std::optional<RedshiftLogin> login_of(std::string user, Secret password,
                                      std::optional<std::int64_t> expires_at_us) {
  keep_out_of_messages(password);
  if (!is_text(user) || !is_text(password.reveal()) || !expires_at_us.has_value()) {
    return std::nullopt;
  }
  return RedshiftLogin{std::move(user), std::move(password), *expires_at_us};
}

Answer read_xml(int status, const Secret& body) {
  pugi::xml_document document;
  document.load_buffer(body.reveal().data(), body.reveal().size());  // unread: without a child
  Answer answer;
  answer.status = status;
  if (status != 200) {
    answer.code = document.child("ErrorResponse").child("Error").child_value("Code");
    return answer;
  }
  const pugi::xml_node found = document.child("GetClusterCredentialsWithIAMResponse")
                                   .child("GetClusterCredentialsWithIAMResult");
  answer.login = login_of(found.child_value("DbUser"), Secret(found.child_value("DbPassword")),
                          parse_iso_time(found.child_value("Expiration")));
  return answer;
}

std::string text_of(const json& object, std::string_view name) {
  const auto found = object.find(name);
  return found == object.end() || !found->is_string() ? std::string()
                                                      : found->get_ref<const std::string&>();
}

// Seconds since 1970-01-01 UTC, with or without a fraction.
std::optional<std::int64_t> epoch_time_of(const json& object, std::string_view name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  const double seconds = found->get<double>();
  if (!(seconds > 0 && seconds <= kTimeMax_s)) return std::nullopt;
  return std::llround(seconds * 1e6);
}

// `namespace#Code:address`, of which only the middle must be there.
std::string_view bare_code(std::string_view type) {
  type = type.substr(0, type.find(':'));
  const std::size_t mark = type.rfind('#');
  return mark == type.npos ? type : type.substr(mark + 1);
}

Answer read_json(const HttpResponse& response, const Secret& body) {
  json object = json::parse(body.reveal(), nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) object = json::object();
  Answer answer;
  answer.status = response.status;
  if (response.status != 200) {
    const std::string type = text_of(object, "__type");
    answer.code = bare_code(type.empty() ? response.header("x-amzn-ErrorType") : type);
    return answer;
  }
  answer.login = login_of(text_of(object, "dbUser"), Secret(text_of(object, "dbPassword")),
                          epoch_time_of(object, "expiration"));
  return answer;
}

std::string body_of(const RedshiftTarget& target) {
  if (target.kind == RedshiftKind::serverless) {
    return json{{"dbName", target.database},
                {"durationSeconds", kLoginDuration_s},
                {"workgroupName", target.name}}
        .dump();
  }
  return fmt::format(
      "Action={}&Version=2012-12-01&ClusterIdentifier={}&DbName={}&DurationSeconds={}",
      kProvisionedApi.action, percent_encode(target.name), percent_encode(target.database),
      kLoginDuration_s);
}

Result<Call> prepare(const AwsEnvironment& environment, const RedshiftTarget& target) {
  const Api& api = target.kind == RedshiftKind::serverless ? kServerlessApi : kProvisionedApi;
  Call call{target, api, {}, {}, {}, {}};
  call.who = fmt::format("Redshift login ({} {})", api.noun, printable(target.name));
  const auto refuse = [&](std::string_view why) {
    return make_error(ErrorKind::config, fmt::format("{}: {}", call.who, why));
  };
  if (!is_text(target.name) || !is_utf8(target.name)) {
    return refuse(fmt::format("the name of the {} is empty or cannot be one", api.noun));
  }
  if (!is_text(target.database) || !is_utf8(target.database)) {
    return refuse("the name of the database is empty or cannot be one");
  }
  std::optional<std::string> region = target.region;
  if (!region.has_value()) {
    TRY_ASSIGN(region, configured_region(environment));
  }
  if (!region.has_value()) {
    return refuse("no region is known; give --region or set AWS_REGION");
  }
  if (!is_region_name(*region)) {
    return refuse(fmt::format("{} is no AWS region", printable(*region)));
  }
  TRY_ASSIGN(const std::optional<std::string> endpoint,
             configured_endpoint(environment, api.service));
  call.region = *region;
  call.url = endpoint.has_value()
                 ? *endpoint + "/"
                 : fmt::format("https://{}.{}.{}/", api.service, *region, dns_suffix(*region));
  call.body = body_of(target);
  return call;
}

Result<Answer> ask(const CredentialContext& context, const Call& call,
                   const AwsCredentials& signer) {
  const bool is_serverless = call.target.kind == RedshiftKind::serverless;
  HttpRequest request;
  request.method = "POST";
  request.url = call.url;
  request.headers.push_back({"Content-Type", std::string(call.api.content_type)});
  if (is_serverless) {
    request.headers.push_back(
        {"X-Amz-Target", fmt::format("RedshiftServerless.{}", call.api.action)});
  }
  request.body = call.body;
  sign(request, signer,
       SigningScope{call.region, std::string(call.api.service), context.options.clock()});
  TRY_ASSIGN(HttpResponse response,
             ask_for_credentials(context, std::move(request), call.who, kPatience));
  const Secret body(std::move(response.body));
  return is_serverless ? read_json(response, body) : read_xml(response.status, body);
}

// Who reads that credentials are missing learns what for.
Result<AwsCredentials> named(const Call& call, Result<AwsCredentials> outcome) {
  if (outcome.ok()) return outcome;
  return make_error(outcome.error().kind, fmt::format("{}: {}", call.who, outcome.error().message));
}

}  // namespace

Result<RedshiftLogin> get_redshift_login(const CredentialContext& context,
                                         CredentialChain& credentials,
                                         const RedshiftTarget& target) {
  TRY_ASSIGN(const Call call, prepare(context.environment, target));
  TRY_ASSIGN(AwsCredentials signer, named(call, credentials.get()));
  bool is_renewed = false;
  int throttled_tries = 0;
  while (true) {
    TRY_ASSIGN(Answer answer, ask(context, call, signer));
    if (answer.login.has_value()) return *std::move(answer.login);
    if (answer.status == 200) return no_login_error(call);
    if (is_refused_for(answer, Reason::expired) && !is_renewed) {
      is_renewed = true;
      TRY_ASSIGN(signer, named(call, credentials.renew(signer)));
      continue;
    }
    // As 429 or 5xx it has been asked again already.
    const bool may_help_to_ask_again =
        answer.status == 400 && is_refused_for(answer, Reason::throttled);
    if (!may_help_to_ask_again || ++throttled_tries == kThrottledTriesMax) {
      return refusal(call, answer, credentials.provider_name());
    }
    if (!pause_before_retry(context.options)) {
      return make_error(ErrorKind::stopped, fmt::format("{}: stopped", call.who));
    }
  }
}

}  // namespace sparkify
