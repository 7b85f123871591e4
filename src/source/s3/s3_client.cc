#include "source/s3/s3_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <random>
#include <thread>
#include <utility>

#include "aws/aws_settings.h"
#include "aws/http_date.h"
#include "aws/signature_v4.h"
#include "base/assert.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/percent_encoding.h"
#include "base/time.h"
#include "base/utf8.h"

namespace sparkify {

namespace {

constexpr double kPauseMaxS = 20;
constexpr double kPauseStepS = 0.1;  // how soon a pause notices that the program is to stop
/// Requests that are only about the listing or one small object.
constexpr double kCallBudgetS = 600;
constexpr const char* kNoVersion = "the answer does not name the version";
constexpr int kStatusRange = 206;
constexpr int kStatusPrecondition = 412;
constexpr int kStatusForbidden = 403;

Error stopped_error() { return make_error(ErrorKind::stopped, "stopped by a signal"); }

std::string_view without_quotes(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return etag;
}

bool looks_like_md5(std::string_view etag) {
  constexpr std::size_t kMd5Digits = 32;
  return etag.size() == kMd5Digits && etag.find_first_not_of("0123456789abcdef") == etag.npos;
}

/// An ETag is the bytes' MD5 unless parts were put together (`-`) or a key of KMS or of the
/// customer's was used.
bool etag_is_md5(const HttpResponse& response, std::string_view etag) {
  return looks_like_md5(etag) &&
         !response.header("x-amz-server-side-encryption").starts_with("aws:") &&
         response.header("x-amz-server-side-encryption-customer-algorithm").empty();
}

std::string md5_of(std::string_view bytes) {
  Md5 md5;
  md5.update(bytes);
  return md5.hex();
}

/// Whether the answer is about another version than the listed one; that is for the caller.
bool shows_another(const HttpResponse& response, const ObjectInfo& object) {
  const std::string_view etag = without_quotes(response.header("ETag"));
  return !etag.empty() && etag != object.etag;
}

std::string fault_of_bytes(const HttpResponse& response, const ObjectInfo& object, S3Range range) {
  if (shows_another(response, object)) return "";
  if (response.header("ETag").empty()) return kNoVersion;
  const bool whole = range.length == object.size_bytes;
  if (!whole) {
    const std::string expected = fmt::format("bytes {}-{}/{}", range.first,
                                             range.first + range.length - 1, object.size_bytes);
    if (response.status != kStatusRange) return "the range that was asked for was ignored";
    if (response.header("Content-Range") != expected) return "another range than asked for came";
  }
  if (response.body.size() != range.length) {
    return fmt::format("{} bytes came, the listing has {}", response.body.size(), range.length);
  }
  if (whole && etag_is_md5(response, object.etag) && md5_of(response.body) != object.etag) {
    return "the bytes that came do not have the MD5 that the ETag says";
  }
  return "";
}

Error changed_error(const ObjectInfo& object, std::string_view what) {
  return make_error(ErrorKind::changed,
                    fmt::format("{}: {}; nothing of it was loaded. Run again when it is complete",
                                printable(object.uri), what));
}

/// `https://host` and the rest of the endpoint.
std::pair<std::string_view, std::string_view> split_scheme(std::string_view endpoint) {
  const std::size_t end = endpoint.find("://");
  SPARKIFY_ASSERT(end != std::string_view::npos);
  return {endpoint.substr(0, end + 3), endpoint.substr(end + 3)};
}

std::string aws_endpoint(std::string_view region) {
  return fmt::format("https://s3.{}.{}", region, dns_suffix(region));
}

double random_share() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

double retry_after_s(const HttpResponse& response) {
  const std::string_view text = response.header("Retry-After");
  unsigned seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::min(static_cast<double>(seconds), kPauseMaxS);
}

S3Request put_request(const S3Uri& target, std::string_view bytes) {
  S3Request request;
  request.method = "PUT";
  request.bucket = target.bucket;
  request.key = target.key;
  request.permission = "s3:PutObject";
  request.headers = {{"Content-Type", "application/octet-stream"}};
  request.body = bytes;
  request.fault = [](const HttpResponse& response) {
    return response.header("ETag").empty() ? kNoVersion : "";
  };
  return request;
}

/// Whether what was refused is the deed, and not who we say we are or when we say it.
bool lacks_right(const HttpResponse& response) {
  return response.status == kStatusForbidden &&
         parse_s3_error(response.body).code == "AccessDenied";
}

}  // namespace

S3Client::S3Client(S3Options options, HttpClient& http, CredentialChain& credentials,
                   const StopFlag& stop)
    : options_(std::move(options)), http_(http), credentials_(credentials), stop_(stop) {}

Result<S3Page> S3Client::list(const std::string& bucket, std::string_view prefix,
                              std::string_view delimiter, std::string_view token) {
  S3Request request;
  request.bucket = bucket;
  request.prefix = prefix;
  request.permission = "s3:ListBucket";
  request.query = "list-type=2&encoding-type=url&prefix=" + percent_encode(prefix);
  if (!delimiter.empty()) request.query += "&delimiter=" + percent_encode(delimiter);
  if (!token.empty()) request.query += "&continuation-token=" + percent_encode(token);
  S3Page page;
  request.fault = [&page, prefix](const HttpResponse& response) -> std::string {
    auto parsed = parse_s3_page(response.body);
    if (!parsed.ok()) return parsed.error().message;
    page = *std::move(parsed);
    const bool is_ours =
        std::all_of(page.entries.begin(), page.entries.end(),
                    [prefix](const S3Entry& entry) { return entry.key.starts_with(prefix); });
    return is_ours ? "" : "it lists keys that do not begin with the prefix that was asked for";
  };
  RetryBudget budget(kCallBudgetS);
  request.budget = &budget;
  TRY(exchange(request));
  if (!token.empty() && page.next_token == token) {
    return make_error(ErrorKind::source,
                      fmt::format("{}: the listing does not come to an end: a page names itself as "
                                  "the next one",
                                  request.target()));
  }
  return page;
}

Result<S3Bytes> S3Client::get(const ObjectInfo& object, S3Range range, RetryBudget& budget,
                              const std::atomic<bool>& cancelled) {
  TRY_ASSIGN(const S3Uri uri, parse_s3_uri(object.uri));
  S3Request request;
  request.bucket = uri.bucket;
  request.key = uri.key;
  request.permission = "s3:GetObject";
  request.headers = {{"If-Match", fmt::format("\"{}\"", object.etag)}};
  if (range.length != object.size_bytes) {
    request.headers.push_back(
        {"Range", fmt::format("bytes={}-{}", range.first, range.first + range.length - 1)});
  }
  request.body_bytes_expected = range.length;
  constexpr std::uint64_t kErrorBodyBytes = std::uint64_t{64} << 10;
  request.body_bytes_max = std::max(range.length, kErrorBodyBytes);
  request.expected_status = {404, kStatusPrecondition, 416};
  request.fault = [&](const HttpResponse& response) {
    return fault_of_bytes(response, object, range);
  };
  request.budget = &budget;
  request.cancelled = &cancelled;
  TRY_ASSIGN(HttpResponse response, exchange(request));
  if (response.status == 404) return changed_error(object, "was listed, but is gone now");
  if (response.status >= 300 || shows_another(response, object)) {
    return changed_error(object, "changed after it was listed (another ETag)");
  }
  return S3Bytes{std::move(response.body), etag_is_md5(response, object.etag)};
}

Result<std::optional<ObjectInfo>> S3Client::head(const std::string& uri) {
  TRY_ASSIGN(const S3Uri place, parse_s3_uri(uri));
  S3Request request;
  request.method = "HEAD";
  request.bucket = place.bucket;
  request.key = place.key;
  request.permission = "s3:GetObject";
  request.expected_status = {404};
  std::uint64_t size_bytes = 0;
  request.fault = [&size_bytes](const HttpResponse& response) -> std::string {
    const std::string_view text = response.header("Content-Length");
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), size_bytes);
    if (text.empty() || parsed.ec != std::errc()) return "the answer does not name the size";
    if (response.header("ETag").empty()) return kNoVersion;
    return "";
  };
  RetryBudget budget(kCallBudgetS);
  request.budget = &budget;
  TRY_ASSIGN(const HttpResponse response, exchange(request));
  if (response.status == 404) return std::optional<ObjectInfo>();
  return std::optional<ObjectInfo>(
      ObjectInfo{uri, std::string(without_quotes(response.header("ETag"))), size_bytes});
}

Status S3Client::put(const S3Uri& target, std::string_view bytes) {
  S3Request request = put_request(target, bytes);
  RetryBudget budget(kCallBudgetS);
  request.budget = &budget;
  TRY(exchange(request));
  return {};
}

Result<bool> S3Client::put_if_allowed(const S3Uri& target, std::string_view bytes) {
  S3Request request = put_request(target, bytes);
  request.is_answer = lacks_right;
  RetryBudget budget(kCallBudgetS);
  request.budget = &budget;
  TRY_ASSIGN(const HttpResponse response, exchange(request));
  return !lacks_right(response);
}

Status S3Client::remove(const S3Uri& target) {
  S3Request request;
  request.method = "DELETE";
  request.bucket = target.bucket;
  request.key = target.key;
  request.permission = "s3:DeleteObject";
  request.expected_status = {404};
  RetryBudget budget(kCallBudgetS);
  request.budget = &budget;
  TRY(exchange(request));
  return {};
}

Result<std::int64_t> S3Client::clock_offset(const std::string& bucket) {
  constexpr std::int64_t kHalfSecond = 500'000;  // the header has whole seconds
  S3Request request;
  request.method = "HEAD";
  request.bucket = bucket;
  const HttpRequest sent = build(request, region_of(bucket));
  const std::int64_t before = now_micros();
  const HttpResponse response = http_.send(sent);
  const std::int64_t after = now_micros();
  if (!response.complete()) {
    const S3Verdict verdict = judge(request, response);
    if (verdict.next == S3Verdict::Next::stop) return stopped_error();
    if (response.trouble == HttpTrouble::tls) return refusal(request, response, verdict);
    return make_error(
        ErrorKind::unreachable,
        fmt::format("{}: the endpoint gives no answer ({}); check the network and the "
                    "endpoint",
                    request.target(), verdict.detail));
  }
  const auto date = parse_http_date(response.header("Date"));
  if (!date) {
    return make_error(ErrorKind::source,
                      fmt::format("{}: the answer has no date; check that the endpoint is S3's",
                                  request.target()));
  }
  return before + (after - before) / 2 - *date - kHalfSecond;
}

Result<HttpResponse> S3Client::exchange(const S3Request& request) {
  using Next = S3Verdict::Next;
  bool renewed = false;
  AwsCredentials credentials;
  if (options_.sign) {
    TRY_ASSIGN(credentials, credentials_.get());
  }
  int tries = 1;
  while (true) {
    const std::string region = region_of(request.bucket);
    HttpRequest sent = build(request, region);
    if (options_.sign) sign(sent, credentials, {region, "s3", now_micros()});
    const double begin = monotonic_seconds();
    HttpResponse response = http_.send(sent);
    const S3Verdict verdict = judge(request, response);
    if (verdict.next == Next::take) return response;
    if (verdict.next == Next::other_region &&
        learn_region(request.bucket, region, verdict.region)) {
      continue;
    }
    // A HEAD that names the region it was asked in has another reason, and no body to say it.
    const bool may_be_expired = verdict.next == Next::renew ||
                                (verdict.next == Next::other_region && request.method == "HEAD");
    if (may_be_expired && options_.sign && !renewed) {
      renewed = true;
      TRY_ASSIGN(credentials, credentials_.renew(credentials));
      continue;
    }
    const bool again = verdict.next == Next::retry || verdict.next == Next::unreachable;
    if (!again) return refusal(request, response, verdict);
    request.budget->spend(monotonic_seconds() - begin);
    const bool is_last = tries == options_.tries_max || request.budget->exhausted();
    if (is_last) return given_up(request, verdict, tries);
    log_debug(fmt::format("{}: {} failed ({}), try {} of {}", request.target(), request.method,
                          verdict.detail, tries, options_.tries_max));
    TRY(pause(request, tries, retry_after_s(response)));
    ++tries;
  }
}

Error S3Client::refusal(const S3Request& request, const HttpResponse& response,
                        const S3Verdict& verdict) const {
  using Next = S3Verdict::Next;
  const std::string who =
      options_.sign ? "from: " + credentials_.provider_name() : "none, --no-sign-request";
  switch (verdict.next) {
    case Next::stop:
      return stopped_error();
    case Next::renew:
    case Next::credentials:
      return make_error(ErrorKind::config,
                        fmt::format("{}: S3 does not accept the credentials ({}): {}. Check the "
                                    "key, its secret and its session token, or log in again",
                                    request.target(), who, verdict.detail));
    case Next::clock:
      return make_error(
          ErrorKind::config,
          fmt::format("{}: S3 refused the request for its time "
                      "(RequestTimeTooSkewed): this machine's clock says {} UTC, the "
                      "server's {}; set the clock",
                      request.target(), format_time(now_micros()), printable(verdict.detail)));
    default:
      return make_error(ErrorKind::source, explain_refusal(request, response, verdict.detail, who));
  }
}

Error S3Client::given_up(const S3Request& request, const S3Verdict& verdict, int tries) {
  const bool silent = verdict.next == S3Verdict::Next::unreachable;
  return make_error(silent ? ErrorKind::unreachable : ErrorKind::source,
                    fmt::format("{}: {} failed {} times, the last time with: {}; {}",
                                request.target(), request.method, tries, verdict.detail,
                                silent ? "check the network and the endpoint" : "run again later"));
}

HttpRequest S3Client::build(const S3Request& request, const std::string& region) const {
  HttpRequest built;
  built.method = request.method;
  built.url = url_of(request, region);
  built.headers = request.headers;
  if (options_.requester_pays) built.headers.push_back({"x-amz-request-payer", "requester"});
  built.body = request.body;
  built.body_bytes_max = request.body_bytes_max;
  built.body_bytes_expected = request.body_bytes_expected;
  built.connect_timeout_s = options_.connect_timeout_s;
  built.timeout_s = options_.timeout_s;
  built.stall_timeout_s = options_.stall_timeout_s;
  built.cancelled = request.cancelled;
  return built;
}

std::string S3Client::url_of(const S3Request& request, const std::string& region) const {
  const bool aws = options_.endpoint.empty();
  const std::string endpoint = aws ? aws_endpoint(region) : options_.endpoint;
  const auto [scheme, host] = split_scheme(endpoint);
  const bool dotted = request.bucket.find('.') != std::string::npos;
  const bool by_host = options_.addressing == S3Options::Addressing::virtual_host ||
                       (options_.addressing == S3Options::Addressing::automatic && aws && !dotted);
  std::string url = by_host ? fmt::format("{}{}.{}/", scheme, request.bucket, host)
                            : fmt::format("{}{}/{}/", scheme, host, request.bucket);
  // The bucket itself has no slash in path style.
  if (!by_host && request.key.empty()) url.pop_back();
  url += percent_encode(request.key, true);
  if (!request.query.empty()) url += "?" + request.query;
  return url;
}

std::string S3Client::region_of(const std::string& bucket) const {
  const std::lock_guard lock(mutex_);
  const auto found = regions_.find(bucket);
  return found == regions_.end() ? options_.region : found->second;
}

bool S3Client::learn_region(const std::string& bucket, const std::string& asked,
                            const std::string& region) {
  constexpr std::size_t kRegionBytesMax = 64;
  const bool sane =
      region.size() <= kRegionBytesMax && std::all_of(region.begin(), region.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
      });
  if (!sane || region == asked) return false;
  const std::lock_guard lock(mutex_);
  const auto [found, first] = regions_.emplace(bucket, region);
  // Another thread may have learnt it meanwhile; a region that sends us on to a third is no help.
  if (!first) return found->second != asked;
  log_debug(fmt::format("{}{} is in region {}", kS3Scheme, bucket, region));
  return true;
}

Status S3Client::pause(const S3Request& request, int tries, double least_s) const {
  double most = options_.retry_base_s;
  for (int i = 1; i < tries; ++i) most *= 2;
  const double pause_s = std::max(least_s, random_share() * std::min(most, kPauseMaxS));
  request.budget->spend(pause_s);
  const double end = monotonic_seconds() + pause_s;
  while (true) {
    const bool cancelled = request.cancelled != nullptr && request.cancelled->load();
    if (cancelled || stop_.is_set()) return stopped_error();
    const double left = end - monotonic_seconds();
    if (left <= 0) return {};
    std::this_thread::sleep_for(std::chrono::duration<double>(std::min(left, kPauseStepS)));
  }
}

}  // namespace sparkify
