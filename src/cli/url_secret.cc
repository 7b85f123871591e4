#include "cli/url_secret.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/percent_encoding.h"

namespace sparkify {
namespace {

constexpr std::array<std::string_view, 3> kPasswordKeys = {"password=", "passwd=", "pwd="};
// Of a presigned URL: the present way of signing and the one before.
constexpr std::array<std::string_view, 4> kSignatureKeys = {
    "x-amz-signature=", "x-amz-credential=", "x-amz-security-token=", "awsaccesskeyid="};

std::string lower_case_without_blanks(std::string_view text) {
  std::string lower;
  for (const char c : text) {
    if (c != ' ') lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return lower;
}

template <std::size_t N>
bool mentions(std::string_view text, const std::array<std::string_view, N>& keys) {
  const auto has_one = [&keys](std::string_view found) {
    const std::string lower = lower_case_without_blanks(found);
    return std::any_of(keys.begin(), keys.end(),
                       [&lower](std::string_view key) { return lower.find(key) != lower.npos; });
  };
  const auto decoded = percent_decode(text);
  return has_one(text) || (decoded.has_value() && has_one(*decoded));
}

/// What stands behind `://`; the whole text if that is not there.
std::string_view without_scheme(std::string_view url) {
  const std::size_t scheme_end = url.find("://");
  return scheme_end == url.npos ? url : url.substr(scheme_end + 3);
}

}  // namespace

bool holds_password(std::string_view url) {
  if (mentions(url, kPasswordKeys)) return true;
  if (url.starts_with("duckdb:")) return false;
  const std::string_view rest = without_scheme(url);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != authority.npos) {
    return authority.substr(0, at).find(':') != authority.npos;
  }
  return !authority.starts_with('[') && authority.find(':') != authority.npos &&
         rest.find('@') != rest.npos;
}

bool holds_aws_keys(std::string_view location) {
  if (mentions(location, kSignatureKeys)) return true;
  if (login_with_password(location)) return true;
  if (!lower_case_without_blanks(location.substr(0, 2)).starts_with("s3") ||
      location.find("://") == location.npos) {
    return false;
  }
  const std::string_view rest = without_scheme(location);
  return rest.substr(0, rest.find('/')).find_first_of(":@") != rest.npos;
}

std::optional<std::string_view> login_with_password(std::string_view url) {
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == url.npos) return std::nullopt;
  const std::string scheme = lower_case_without_blanks(url.substr(0, scheme_end));
  if (scheme.starts_with("s3") || scheme == "file") return std::nullopt;
  const std::string_view rest = without_scheme(url);
  const std::string_view login = rest.substr(0, rest.rfind('@') == rest.npos ? 0 : rest.rfind('@'));
  if (login.find(':') == login.npos) return std::nullopt;
  return login;
}

}  // namespace sparkify
