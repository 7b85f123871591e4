#include "aws/credentials/container_credentials.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "aws/credentials/credential_json.h"
#include "aws/credentials/credential_request.h"
#include "base/redaction.h"
#include "base/small_file.h"

namespace sparkify {
namespace {

constexpr std::string_view kRelative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr std::string_view kFull = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr std::string_view kToken = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
constexpr std::string_view kTokenFile = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
constexpr std::string_view kHttp = "http://";
constexpr std::string_view kHttps = "https://";
constexpr std::size_t kTokenBytesMax = std::size_t{32} << 10;
constexpr CredentialPatience kPatience = {.tries = 3, .timeout_s = 2};

bool is_url_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '\\' && c != '#' && c != '"' && c != '<' && c != '>';
  });
}

// The host of `http[s]://host[:port][/..]`; of an IPv6 address what stands in the brackets. Empty
// if it is not plainly that.
std::string host_of(std::string_view rest) {
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  const bool is_v6 = authority.starts_with('[');
  const std::size_t host_end = is_v6 ? authority.find(']') : authority.find(':');
  if (is_v6 && host_end == authority.npos) return {};
  const std::string_view host = authority.substr(is_v6 ? 1 : 0, host_end - (is_v6 ? 1 : 0));
  std::string_view port = host_end == authority.npos ? "" : authority.substr(host_end);
  if (is_v6) port.remove_prefix(1);
  const bool is_port = port.empty() || (port.size() > 1 && port.front() == ':' &&
                                        port.find_first_not_of("0123456789", 1) == port.npos);
  return is_port ? std::string(host) : std::string();
}

bool is_local_host(const std::string& host) {
  if (host == "localhost") return true;
  std::array<unsigned char, 4> v4{};
  if (inet_pton(AF_INET, host.c_str(), v4.data()) == 1) {
    return v4[0] == 127 || host == "169.254.170.2" || host == "169.254.170.23";
  }
  std::array<unsigned char, 16> v6{};
  if (inet_pton(AF_INET6, host.c_str(), v6.data()) != 1) return false;
  constexpr std::array<unsigned char, 16> kLoopback = {0, 0, 0, 0, 0, 0, 0, 0,
                                                       0, 0, 0, 0, 0, 0, 0, 1};
  constexpr std::array<unsigned char, 16> kEks = {0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0,
                                                  0,    0,    0,    0,    0, 0, 0, 0x23};
  return v6 == kLoopback || v6 == kEks;
}

Error fail(std::string_view what) {
  return make_error(ErrorKind::config, fmt::format("container: {}", what));
}

class ContainerProvider : public CredentialProvider {
 public:
  explicit ContainerProvider(const CredentialContext& context) : context_(context) {}

  std::string name() const override { return "container"; }

  Result<AwsCredentials> fetch() override {
    HttpRequest request;
    TRY_ASSIGN(request.url, url());
    request.use_proxy = request.url.starts_with(kHttps);
    request.headers.push_back({"Accept", "application/json"});
    TRY_ASSIGN(const Secret token, token_text());
    keep_out_of_messages(token);
    if (!token.empty()) request.headers.push_back({"Authorization", token.reveal()});
    const std::string origin = url_origin(request.url);
    TRY_ASSIGN(HttpResponse response,
               ask_for_credentials(context_, std::move(request), name(), kPatience));
    const Secret body(std::move(response.body));
    if (response.status != 200) {
      return fail(fmt::format("{} refused (status {}); look at the role of the task or pod", origin,
                              response.status));
    }
    return credentials_from_json(body, name(), "Token");
  }

 private:
  Result<std::string> url() const {
    const std::string_view relative = context_.environment.variable(kRelative);
    if (!relative.empty()) {
      if (!relative.starts_with('/') || !is_url_text(relative)) {
        return fail(fmt::format("{} is no path such as /v2/credentials/...", kRelative));
      }
      return context_.options.container_endpoint + std::string(relative);
    }
    const std::string_view full = context_.environment.variable(kFull);
    if (is_container_url(full)) return std::string(full);
    return fail(
        fmt::format("{} must be https://, or http:// to this machine (127.0.0.1, ::1, "
                    "localhost) or to 169.254.170.2, 169.254.170.23 or [fd00:ec2::23]",
                    kFull));
  }

  Result<Secret> token_text() const {
    const std::string_view path = context_.environment.variable(kTokenFile);
    std::string text(context_.environment.variable(kToken));
    if (!path.empty()) {
      TRY_ASSIGN(const std::optional<Secret> file,
                 read_small_file(std::string(path), kTokenBytesMax));
      if (!file.has_value()) return fail(fmt::format("there is no file {} names", kTokenFile));
      text = file->reveal();
    }
    while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
    const bool is_safe =
        std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < '\x7f'; });
    Secret token(std::move(text));
    if (!is_safe) return fail("the authorization token holds what no header may hold");
    return token;
  }

  const CredentialContext& context_;
};

}  // namespace

bool names_container(const AwsEnvironment& environment) {
  return !environment.variable(kRelative).empty() || !environment.variable(kFull).empty();
}

bool is_container_url(std::string_view url) {
  const bool is_https = url.starts_with(kHttps);
  if ((!is_https && !url.starts_with(kHttp)) || !is_url_text(url)) return false;
  const std::string host = host_of(url.substr(is_https ? kHttps.size() : kHttp.size()));
  if (host.empty() || host.find_first_of("@%") != host.npos) return false;
  return is_https || is_local_host(host);
}

std::unique_ptr<CredentialProvider> container_credentials(const CredentialContext& context) {
  return std::make_unique<ContainerProvider>(context);
}

}  // namespace sparkify
