#include "aws/signature_v4.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/digest.h"

namespace sparkify {

namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

/// A URL's parts, as they stand in it.
struct UrlParts {
  std::string_view authority;
  std::string_view path;
  std::string_view query;
};

UrlParts split_url(std::string_view url) {
  UrlParts parts;
  const std::size_t scheme_end = url.find("://");
  SPARKIFY_ASSERT(scheme_end != std::string_view::npos);
  url.remove_prefix(scheme_end + 3);
  const std::size_t question = url.find('?');
  if (question != std::string_view::npos) {
    parts.query = url.substr(question + 1);
    url = url.substr(0, question);
  }
  const std::size_t slash = url.find('/');
  parts.authority = url.substr(0, slash);
  parts.path = slash == std::string_view::npos ? "/" : url.substr(slash);
  return parts;
}

/// The Host header that will be sent: curl leaves out a port that the scheme implies.
std::string host_header(std::string_view url, std::string_view authority) {
  const std::string_view implied = url.starts_with("https:") ? ":443" : ":80";
  if (authority.ends_with(implied)) authority.remove_suffix(implied.size());
  return std::string(authority);
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string_view, std::string_view>> parameters;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view parameter = query.substr(0, end);
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    parameters.emplace_back(parameter.substr(0, equals),
                            parameter.substr(std::min(equals + 1, parameter.size())));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  std::sort(parameters.begin(), parameters.end());
  std::string canonical;
  for (const auto& [name, value] : parameters) {
    if (!canonical.empty()) canonical += '&';
    canonical.append(name).append("=").append(value);
  }
  return canonical;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

/// Without blanks at the ends, and with single ones inside.
std::string trimmed(std::string_view value) {
  std::string result;
  for (const char c : value) {
    const bool blank = c == ' ' || c == '\t';
    if (blank && (result.empty() || result.back() == ' ')) continue;
    result += blank ? ' ' : c;
  }
  if (result.ends_with(' ')) result.pop_back();
  return result;
}

std::map<std::string, std::string> canonical_headers(const HttpRequest& request, std::string host) {
  std::map<std::string, std::string> headers{{"host", std::move(host)}};
  for (const HttpHeader& header : request.headers) {
    const auto [place, first] = headers.emplace(lower(header.name), trimmed(header.value));
    if (!first) place->second += "," + trimmed(header.value);
  }
  return headers;
}

std::string format_utc(std::int64_t time_us, const char* format) {
  const std::time_t seconds = time_us / 1'000'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

std::string signing_key(const AwsCredentials& credentials, const SigningScope& scope,
                        std::string_view date) {
  const Secret seed("AWS4" + credentials.secret_access_key.reveal());
  return hmac_sha256(
      hmac_sha256(hmac_sha256(hmac_sha256(seed.reveal(), date), scope.region), scope.service),
      "aws4_request");
}

}  // namespace

void sign(HttpRequest& request, const AwsCredentials& credentials, const SigningScope& scope) {
  const std::string time = format_utc(scope.time_us, "%Y%m%dT%H%M%SZ");
  const std::string date = time.substr(0, 8);
  const std::string body_hash = sha256_hex(request.body);
  request.headers.push_back({"x-amz-date", time});
  if (scope.service == "s3") request.headers.push_back({"x-amz-content-sha256", body_hash});
  if (!credentials.session_token.empty()) {
    request.headers.push_back({"x-amz-security-token", credentials.session_token.reveal()});
  }

  const UrlParts url = split_url(request.url);
  std::string header_lines;
  std::string names;
  for (const auto& [name, value] :
       canonical_headers(request, host_header(request.url, url.authority))) {
    header_lines += fmt::format("{}:{}\n", name, value);
    names += (names.empty() ? "" : ";") + name;
  }
  const std::string canonical =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, url.path, canonical_query(url.query),
                  header_lines, names, body_hash);
  const std::string scope_text =
      fmt::format("{}/{}/{}/aws4_request", date, scope.region, scope.service);
  const std::string to_sign =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, time, scope_text, sha256_hex(canonical));
  const std::string signature = to_hex(hmac_sha256(signing_key(credentials, scope, date), to_sign));
  request.headers.push_back(
      {"Authorization", fmt::format("{} Credential={}/{},SignedHeaders={},Signature={}", kAlgorithm,
                                    credentials.access_key_id, scope_text, names, signature)});
}

}  // namespace sparkify
