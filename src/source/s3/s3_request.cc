#include "source/s3/s3_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "source/s3/s3_uri.h"
#include "source/s3/s3_xml.h"

namespace sparkify {

namespace {

using Next = S3Verdict::Next;

constexpr std::size_t kDetailBytesMax = 200;

bool is_one_of(std::string_view code, std::initializer_list<std::string_view> codes) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

bool is_good(const S3Request& request, const HttpResponse& response) {
  const auto& expected = request.expected_status;
  if (response.status >= 200 && response.status < 300) return true;
  if (request.is_answer && request.is_answer(response)) return true;
  return std::find(expected.begin(), expected.end(), response.status) != expected.end() &&
         parse_s3_error(response.body).code != "NoSuchBucket";
}

/// `404 NoSuchBucket`. Only S3's own words, which hold no secret; its message may.
std::string status_text(const HttpResponse& response, const S3ErrorBody& body) {
  std::string text = std::to_string(response.status);
  if (!body.code.empty()) text += " " + printable(display_prefix(body.code, kDetailBytesMax));
  return text;
}

S3Verdict judge_trouble(const HttpResponse& response) {
  const std::string detail = printable(display_prefix(response.detail, kDetailBytesMax));
  switch (response.trouble) {
    case HttpTrouble::stopped:
      return {Next::stop, detail};
    case HttpTrouble::connect:
      return {Next::unreachable, detail};
    case HttpTrouble::tls:
      return {Next::refuse, detail};
    default:
      return {Next::retry, detail};
  }
}

S3Verdict judge_error(const S3Request& request, const HttpResponse& response) {
  const S3ErrorBody body = parse_s3_error(response.body);
  const std::string text = status_text(response, body);
  if (is_one_of(body.code, {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})) {
    return {Next::renew, text};
  }
  if (body.code == "RequestTimeTooSkewed") {
    return {Next::clock,
            body.server_time.empty() ? std::string(response.header("Date")) : body.server_time};
  }
  if (is_one_of(body.code, {"InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken",
                            "InvalidClientTokenId", "AuthFailure", "InvalidSecurity"})) {
    return {Next::credentials, text};
  }
  std::string region(response.header("x-amz-bucket-region"));
  if (region.empty()) region = body.region;
  const bool elsewhere = response.status == 301 || response.status == 307 || response.status == 400;
  if (elsewhere && !region.empty()) return {Next::other_region, text, region};
  // An answer to HEAD has no body, so it cannot say ExpiredToken.
  if (request.method == "HEAD" && response.status == 400) return {Next::renew, text, {}};
  const bool transient =
      response.status >= 500 || response.status == 429 || response.status == 408 ||
      response.status == 307 ||
      is_one_of(body.code, {"RequestTimeout", "RequestTimeoutException", "SlowDown", "Throttling",
                            "ThrottlingException", "RequestLimitExceeded", "InternalError",
                            "ServiceUnavailable", "OperationAborted"});
  // 501 Not Implemented and 505 will be so the next time as well.
  const bool lasting = response.status == 501 || response.status == 505;
  return {transient && !lasting ? Next::retry : Next::refuse, text};
}

}  // namespace

std::string S3Request::target() const { return printable(S3Uri{bucket, key + prefix}.text()); }

S3Verdict judge(const S3Request& request, const HttpResponse& response) {
  if (!response.complete()) return judge_trouble(response);
  if (!is_good(request, response)) return judge_error(request, response);
  if (response.status >= 300) return {};
  std::string fault = request.fault(response);
  if (fault.empty()) return {};
  // S3 can begin an answer with 200 and fail then: the body is an error document.
  const std::string code = parse_s3_error(response.body).code;
  if (!code.empty()) fault += fmt::format("; it says {}", printable(code));
  return {Next::retry, std::move(fault)};
}

std::string explain_refusal(const S3Request& request, const HttpResponse& response,
                            std::string_view detail, std::string_view who) {
  const std::string tried =
      fmt::format("{}: {} refused ({})", request.target(), request.method, detail);
  if (response.trouble == HttpTrouble::tls) {
    return fmt::format(
        "{}: the server could not be verified ({}); set AWS_CA_BUNDLE to the "
        "certificate of the authority that signed it, or correct the endpoint",
        request.target(), detail);
  }
  const std::string code = parse_s3_error(response.body).code;
  if (code == "NoSuchBucket" || (response.status == 404 && request.key.empty())) {
    return fmt::format("{}; there is no bucket {}: check its name, and the endpoint", tried,
                       printable(request.bucket));
  }
  if (code == "InvalidObjectState") {
    return fmt::format("{}; the object is archived: restore it first", tried);
  }
  if (response.status == 403 || response.status == 401) {
    return fmt::format("{}; the credentials ({}) need the permission {} for it{}", tried, who,
                       request.permission,
                       request.key.empty() ? "" : ", and kms:Decrypt if it is encrypted by KMS");
  }
  if (response.status == 301 || response.status == 400) {
    return fmt::format("{}; check the bucket's region (--region) and the endpoint", tried);
  }
  return fmt::format("{}; asking again would not help", tried);
}

}  // namespace sparkify
