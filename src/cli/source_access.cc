#include "cli/source_access.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/utf8.h"
#include "source/local_store.h"
#include "source/s3/s3_store.h"
#include "source/s3/s3_writer.h"
#include "source/store_router.h"

namespace sparkify {

namespace {

using Variables = std::map<std::string, std::string>;

constexpr std::string_view kDefaultRegion = "us-east-1";
/// Bytes that wait between S3 and the decoders: a share of the memory limit.
constexpr std::uint64_t kFetchShare = 10;
constexpr std::uint64_t kFetchBytesMax = std::uint64_t{256} << 20;
constexpr std::uint64_t kPartShare = 8;
constexpr std::uint64_t kPartBytesMin = std::uint64_t{1} << 20;
constexpr std::uint64_t kPartBytesMax = std::uint64_t{8} << 20;

AwsEnvironment aws_environment(const CommandContext& context) {
  AwsEnvironment aws;
  for (const auto& [name, value] : context.environment) {
    if (name.starts_with("AWS_") || name == "HOME") aws.variables.emplace(name, value);
  }
  aws.profile = context.settings.s3.profile;
  aws.region = context.settings.s3.region;
  return aws;
}

/// The first of the variables that is set.
std::string first_of(const Variables& variables, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto found = variables.find(name);
    if (found != variables.end() && !found->second.empty()) return found->second;
  }
  return "";
}

HttpOptions http_options(const Variables& variables, const StopFlag& stop) {
  HttpOptions options;
  options.ca_file = first_of(variables, {"AWS_CA_BUNDLE"});
  options.http_proxy = first_of(variables, {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"});
  options.https_proxy =
      first_of(variables, {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  options.no_proxy = first_of(variables, {"no_proxy", "NO_PROXY"});
  options.stop = &stop;
  return options;
}

constexpr double kCheckConnectS = 5;
constexpr double kCheckAnswerS = 15;
constexpr double kCheckProcessS = 10;
constexpr int kCheckTries = 2;
constexpr std::uint64_t kCheckPartBytes = std::uint64_t{64} << 10;

CredentialChainOptions chain_options(const StopFlag& stop, Patience patience) {
  CredentialChainOptions options;
  options.stop = &stop;
  if (patience == Patience::of_a_check) options.process_timeout_s = kCheckProcessS;
  return options;
}

FetchLimits fetch_limits(const Settings& settings, Patience patience) {
  FetchLimits limits;
  if (patience == Patience::of_a_check) {
    limits.threads = 1;
    limits.memory_bytes = limits.part_bytes = kCheckPartBytes;
    return limits;
  }
  limits.threads = settings.s3.transfers;
  limits.memory_bytes = std::min(kFetchBytesMax, settings.memory_limit_bytes / kFetchShare);
  limits.part_bytes = settings.s3.part_bytes.value_or(
      std::clamp(limits.memory_bytes / kPartShare, kPartBytesMin, kPartBytesMax));
  return limits;
}

S3Options::Addressing addressing(S3Settings::Addressing chosen) {
  switch (chosen) {
    case S3Settings::Addressing::path:
      return S3Options::Addressing::path;
    case S3Settings::Addressing::virtual_host:
      return S3Options::Addressing::virtual_host;
    case S3Settings::Addressing::automatic:
      break;
  }
  return S3Options::Addressing::automatic;
}

}  // namespace

SourceAccess::SourceAccess(const CommandContext& context, const StopFlag& stop, Patience patience)
    : settings_(context.settings),
      stop_(stop),
      patience_(patience),
      aws_(aws_environment(context)),
      http_(http_options(context.environment, stop)),
      credentials_(aws_, http_, chain_options(stop, patience)) {}

SourceAccess::~SourceAccess() = default;

std::unique_ptr<ObjectStore> SourceAccess::store() {
  return std::make_unique<StoreRouter>(
      std::make_unique<LocalStore>(stop_), [this]() -> Result<std::unique_ptr<ObjectStore>> {
        TRY_ASSIGN(S3Client* const client, s3());
        return std::unique_ptr<ObjectStore>(
            std::make_unique<S3Store>(*client, fetch_limits(settings_, patience_), stop_));
      });
}

Result<std::unique_ptr<ObjectWriter>> SourceAccess::writer(const std::string& place) {
  using Writer = std::unique_ptr<ObjectWriter>;
  if (!place.starts_with(kS3Scheme)) return Writer(std::make_unique<LocalWriter>(place));
  TRY_ASSIGN(S3Uri folder, parse_s3_uri(place));
  TRY_ASSIGN(S3Client* const client, s3());
  return Writer(std::make_unique<S3Writer>(*client, std::move(folder), UploadLimits{}));
}

Result<RedshiftLogin> SourceAccess::redshift_login(const RedshiftTarget& target) {
  return get_redshift_login({aws_, http_, chain_options(stop_, patience_)}, credentials_, target);
}

Result<std::optional<std::string>> SourceAccess::region() const { return configured_region(aws_); }

Result<std::string> SourceAccess::credentials_provider() {
  if (!settings_.s3.sign_request) return std::string("none, requests are not signed");
  TRY(credentials_.get());
  return credentials_.provider_name();
}

Result<std::int64_t> SourceAccess::s3_clock_offset(const std::string& location) {
  TRY_ASSIGN(const S3Uri uri, parse_s3_uri(location));
  TRY_ASSIGN(S3Options options, s3_options());
  return S3Client(std::move(options), http_, credentials_, stop_).clock_offset(uri.bucket);
}

Result<S3Client*> SourceAccess::s3() {
  if (s3_) return s3_.get();
  TRY_ASSIGN(S3Options options, s3_options());
  TRY_ASSIGN(const std::string provider, credentials_provider());
  log_debug(fmt::format("S3: credentials from {}; region {}; endpoint {}", provider, options.region,
                        options.endpoint.empty() ? "AWS" : printable(options.endpoint)));
  s3_ = std::make_unique<S3Client>(std::move(options), http_, credentials_, stop_);
  return s3_.get();
}

Result<std::string> SourceAccess::endpoint() const {
  std::string endpoint = settings_.s3.endpoint_url.value_or("");
  if (endpoint.empty()) {
    TRY_ASSIGN(const auto configured, configured_endpoint(aws_, "s3"));
    endpoint = configured.value_or("");
  }
  while (endpoint.ends_with('/')) endpoint.pop_back();
  if (endpoint.empty()) return endpoint;
  if (endpoint.find('@') != std::string::npos) {
    return make_error(ErrorKind::config,
                      "the S3 endpoint's URL seems to hold a password, which others could read; "
                      "give the address alone: credentials have places of their own (docs/s3.md)");
  }
  if (!endpoint.starts_with("http://") && !endpoint.starts_with("https://")) {
    return make_error(ErrorKind::config,
                      fmt::format("{}: the S3 endpoint must be https://HOST or http://HOST",
                                  printable(endpoint)));
  }
  return endpoint;
}

Result<S3Options> SourceAccess::s3_options() const {
  const S3Settings& s3 = settings_.s3;
  S3Options options;
  TRY_ASSIGN(options.endpoint, endpoint());
  TRY_ASSIGN(const auto region, configured_region(aws_));
  options.region = region.value_or(std::string(kDefaultRegion));
  options.addressing = addressing(s3.addressing);
  options.sign = s3.sign_request;
  options.requester_pays = s3.requester_pays;
  if (patience_ == Patience::of_a_check) {
    options.tries_max = kCheckTries;
    options.connect_timeout_s = kCheckConnectS;
    options.timeout_s = kCheckAnswerS;
  }
  constexpr double kMillisecond = 0.001;
  if (s3.retry_ms) options.retry_base_s = static_cast<double>(*s3.retry_ms) * kMillisecond;
  if (s3.stall_s) options.stall_timeout_s = static_cast<double>(*s3.stall_s);
  return options;
}

}  // namespace sparkify
