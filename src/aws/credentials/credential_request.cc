#include "aws/credentials/credential_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <thread>

#include "base/time.h"
#include "base/utf8.h"

namespace sparkify {
namespace {

constexpr std::uint64_t kAnswerBytesMax = std::uint64_t{64} << 10;
constexpr double kConnectTimeoutMax_s = 10;

bool may_help_to_ask_again(const HttpResponse& response) {
  switch (response.trouble) {
    case HttpTrouble::none:
      return response.status == 429 || response.status >= 500;
    case HttpTrouble::connect:
    case HttpTrouble::timeout:
    case HttpTrouble::cut:
      return true;
    case HttpTrouble::tls:
    case HttpTrouble::malformed:
    case HttpTrouble::too_long:
    case HttpTrouble::stopped:
      return false;
  }
  return false;
}

Error trouble_error(const HttpResponse& response, const HttpRequest& request,
                    std::string_view who) {
  if (response.trouble == HttpTrouble::stopped) {
    return make_error(ErrorKind::stopped, fmt::format("{}: stopped", who));
  }
  if (response.trouble == HttpTrouble::too_long) {
    return make_error(
        ErrorKind::config,
        fmt::format("{}: {} answered with more than {} KiB, so it gives no credentials", who,
                    url_origin(request.url), kAnswerBytesMax >> 10));
  }
  return make_error(ErrorKind::config,
                    fmt::format("{}: no answer from {} ({})", who, url_origin(request.url),
                                printable(response.detail)));
}

}  // namespace

bool pause_before_retry(const CredentialChainOptions& options) {
  const double end_s = monotonic_seconds() + options.retry_pause_s;
  while (monotonic_seconds() < end_s) {
    if (options.stop != nullptr && options.stop->is_set()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

std::string url_origin(std::string_view url) {
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == url.npos) return "(no URL)";
  std::string_view authority = url.substr(scheme_end + 3);
  authority = authority.substr(0, authority.find_first_of("/?#\\"));
  const std::size_t user_end = authority.rfind('@');
  if (user_end != authority.npos) authority.remove_prefix(user_end + 1);
  return printable(fmt::format("{}://{}", url.substr(0, scheme_end), authority));
}

Result<HttpResponse> ask_for_credentials(const CredentialContext& context, HttpRequest request,
                                         std::string_view who, const CredentialPatience& patience) {
  request.timeout_s = patience.timeout_s;
  request.connect_timeout_s = std::min(patience.timeout_s, kConnectTimeoutMax_s);
  request.stall_timeout_s = patience.timeout_s;
  request.body_bytes_max = kAnswerBytesMax;
  HttpResponse response = context.http.send(request);
  for (int tries = 1; tries < patience.tries && may_help_to_ask_again(response); ++tries) {
    if (patience.pauses && !pause_before_retry(context.options)) {
      response.trouble = HttpTrouble::stopped;
      break;
    }
    response = context.http.send(request);
  }
  if (!response.complete()) return trouble_error(response, request, who);
  return response;
}

}  // namespace sparkify
