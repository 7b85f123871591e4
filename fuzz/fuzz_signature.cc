// Signatures: those of any request against a second calculation, written from AWS's description
// with OpenSSL alone, and against what must change them and what must not.

#include <fuzzer/FuzzedDataProvider.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aws/signature_v4.h"
#include "base/percent_encoding.h"
#include "expect.h"
#include "percent.h"

namespace sparkify {
namespace {

using fuzz::expect;
using fuzz::expect_equal;
using fuzz::percent_encoded;

// --- The second calculation.

std::string hex(const std::string& bytes) {
  std::string text;
  std::array<char, 3> digits{};
  for (const char c : bytes) {
    std::snprintf(digits.data(), digits.size(), "%02x", static_cast<unsigned>(c) & 0xFFU);
    text += digits.data();
  }
  return text;
}

std::string sha256(const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr);
  return {reinterpret_cast<const char*>(digest.data()), length};
}

std::string hmac(const std::string& key, const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &length);
  return {reinterpret_cast<const char*>(digest.data()), length};
}

struct Parameter {
  std::string name;
  std::string value;
};

/// A request's parts before they are put together.
struct Parts {
  std::string method;
  std::string host;
  std::string path;  ///< as it is
  std::vector<Parameter> query;
  std::vector<HttpHeader> headers;
  std::string body;
  AwsCredentials credentials;
  SigningScope scope;

  std::string query_text() const {
    std::string text;
    for (const Parameter& each : query) {
      text +=
          (text.empty() ? "" : "&") + percent_encode(each.name) + "=" + percent_encode(each.value);
    }
    return text;
  }
  HttpRequest request() const {
    HttpRequest made;
    made.method = method;
    made.url = "https://" + host + percent_encode(path, true);
    if (!query.empty()) made.url += "?" + query_text();
    made.headers = headers;
    made.body = body;
    return made;
  }
};

std::string canonical_query(const Parts& parts) {
  std::vector<std::pair<std::string, std::string>> sorted;
  for (const Parameter& each : parts.query) {
    sorted.emplace_back(percent_encoded(each.name), percent_encoded(each.value));
  }
  std::sort(sorted.begin(), sorted.end());
  std::string text;
  for (const auto& [name, value] : sorted) text += (text.empty() ? "" : "&") + name + "=" + value;
  return text;
}

std::string time_text(std::int64_t time_us) {
  const std::time_t seconds = time_us / 1'000'000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d%02d%02dT%02d%02d%02dZ", utc.tm_year + 1900,
                utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
  return text.data();
}

/// The headers that are signed: names in lower case, in order; values as they are, for they have no
/// blanks at their ends or side by side.
std::vector<std::pair<std::string, std::string>> signed_headers(const Parts& parts) {
  std::vector<std::pair<std::string, std::string>> headers = {
      {"host", parts.host}, {"x-amz-date", time_text(parts.scope.time_us)}};
  if (parts.scope.service == "s3") {
    headers.emplace_back("x-amz-content-sha256", hex(sha256(parts.body)));
  }
  const std::string& token = parts.credentials.session_token.reveal();
  if (!token.empty()) headers.emplace_back("x-amz-security-token", token);
  for (const HttpHeader& header : parts.headers) {
    std::string name = header.name;
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    headers.emplace_back(name, header.value);
  }
  std::sort(headers.begin(), headers.end());
  return headers;
}

std::string expected_authorization(const Parts& parts) {
  const std::string time = time_text(parts.scope.time_us);
  const std::string date = time.substr(0, time.find('T'));
  std::string lines;
  std::string names;
  for (const auto& [name, value] : signed_headers(parts)) {
    lines += name + ":" + value + "\n";
    names += (names.empty() ? "" : ";") + name;
  }
  const std::string canonical = parts.method + "\n" + percent_encoded(parts.path, true) + "\n" +
                                canonical_query(parts) + "\n" + lines + "\n" + names + "\n" +
                                hex(sha256(parts.body));
  const std::string scope =
      date + "/" + parts.scope.region + "/" + parts.scope.service + "/aws4_request";
  std::string key = "AWS4" + parts.credentials.secret_access_key.reveal();
  for (const std::string& word :
       {date, parts.scope.region, parts.scope.service, std::string("aws4_request")}) {
    key = hmac(key, word);
  }
  const std::string to_sign =
      "AWS4-HMAC-SHA256\n" + time + "\n" + scope + "\n" + hex(sha256(canonical));
  return "AWS4-HMAC-SHA256 Credential=" + parts.credentials.access_key_id + "/" + scope +
         ",SignedHeaders=" + names + ",Signature=" + hex(hmac(key, to_sign));
}

// --- Requests.

std::string word(FuzzedDataProvider& input, std::size_t bytes_max) {
  std::string text;
  for (const char c : input.ConsumeRandomLengthString(bytes_max)) {
    if (c > ' ' && c < '\x7f') text += c;
  }
  return text;
}

std::string letters(FuzzedDataProvider& input, std::size_t bytes_max) {
  std::string text = "x";
  for (const char c : word(input, bytes_max)) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-') text += c;
  }
  return text;
}

Parts make_parts(FuzzedDataProvider& input) {
  static constexpr std::array<const char*, 4> kMethods = {"GET", "PUT", "POST", "DELETE"};
  static constexpr std::array<const char*, 4> kServices = {"s3", "sts", "redshift", "sso"};
  constexpr std::int64_t kYear9999 = 253'402'300'799;
  Parts parts;
  parts.method = input.PickValueInArray(kMethods);
  parts.scope.service = input.PickValueInArray(kServices);
  parts.scope.region = letters(input, 12);
  parts.scope.time_us = input.ConsumeIntegralInRange<std::int64_t>(0, kYear9999) * 1'000'000;
  parts.host = letters(input, 20) + (input.ConsumeBool() ? ":8443" : "");
  parts.path = "/" + input.ConsumeRandomLengthString(40);
  for (std::size_t i = input.ConsumeIntegralInRange<std::size_t>(0, 4); i > 0; --i) {
    parts.query.push_back(
        {input.ConsumeRandomLengthString(10), input.ConsumeRandomLengthString(20)});
  }
  std::set<std::string> names;
  for (std::size_t i = input.ConsumeIntegralInRange<std::size_t>(0, 3); i > 0; --i) {
    const std::string name = "X-" + letters(input, 10);
    std::string lower = name;
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const bool is_ours = lower.starts_with("x-amz-");
    if (!is_ours && names.insert(lower).second) parts.headers.push_back({name, word(input, 20)});
  }
  parts.credentials.access_key_id = letters(input, 20);
  parts.credentials.secret_access_key = Secret(word(input, 40));
  parts.credentials.session_token = Secret(word(input, 40));
  parts.body = input.ConsumeRemainingBytesAsString();
  return parts;
}

std::string authorization(const Parts& parts) {
  HttpRequest request = parts.request();
  sign(request, parts.credentials, parts.scope);
  expect(request.url == parts.request().url, "signing leaves the URL as it is");
  for (const HttpHeader& header : request.headers) {
    if (header.name == "Authorization") return header.value;
  }
  expect(false, "a signed request has an Authorization");
  return {};
}

void check(const Parts& parts) {
  const std::string one = authorization(parts);
  expect_equal(one, expected_authorization(parts), "both calculations agree");
  Parts reordered = parts;
  std::reverse(reordered.query.begin(), reordered.query.end());
  std::reverse(reordered.headers.begin(), reordered.headers.end());
  expect_equal(one, authorization(reordered), "the order of parameters and headers does not count");
  Parts spaced = parts;
  for (HttpHeader& header : spaced.headers) header.value = " \t" + header.value + "  ";
  expect_equal(one, authorization(spaced), "blanks around a header's value do not count");
  Parts changed = parts;
  changed.body += "x";
  expect(one != authorization(changed), "the body counts");
  changed = parts;
  changed.path += "x";
  expect(one != authorization(changed), "the path counts");
  changed = parts;
  changed.credentials.secret_access_key =
      Secret(parts.credentials.secret_access_key.reveal() + "x");
  expect(one != authorization(changed), "the key counts");
}

}  // namespace
}  // namespace sparkify

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  sparkify::check(sparkify::make_parts(input));
  return 0;
}
