#include "aws/redshift_address.h"

#include <algorithm>
#include <cstddef>

#include "aws/aws_settings.h"
#include "aws/role_arn.h"

namespace sparkify {
namespace {

constexpr std::size_t kLabelBytesMax = 63;
constexpr std::string_view kEndpointMark = "-endpoint-";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || is_digit(c); }

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

// Cuts the first label off `rest`.
std::string_view take_label(std::string_view& rest) {
  const std::size_t length = std::min(rest.find('.'), rest.size());
  const std::string_view label = rest.substr(0, length);
  rest.remove_prefix(std::min(length + 1, rest.size()));
  return label;
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= kLabelBytesMax && text.front() != '-' &&
         text.back() != '-' && std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter_or_digit(c) || c == '-';
         });
}

// us-west-2, us-gov-west-1: the region becomes part of a host's name that gets a signed request.
bool is_region(std::string_view text) {
  return is_label(text) && is_digit(text.back()) && std::count(text.begin(), text.end(), '-') >= 2;
}

// A cluster may be called so too; then its name is asked for, which does no harm.
bool is_vpc_endpoint(std::string_view label) {
  const std::size_t mark = label.rfind(kEndpointMark);
  if (mark == label.npos) return false;
  const std::string_view id = label.substr(mark + kEndpointMark.size());
  return std::all_of(id.begin(), id.end(), is_letter_or_digit);
}

std::optional<RedshiftKind> kind_of(std::string_view label) {
  if (label == "redshift") return RedshiftKind::provisioned;
  if (label == "redshift-serverless") return RedshiftKind::serverless;
  return std::nullopt;
}

}  // namespace

std::optional<RedshiftAddress> read_redshift_address(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  const std::string text = lower_case(host);
  std::string_view rest = text;
  const std::string_view name = take_label(rest);
  const std::string_view owner = take_label(rest);  // the account, or an id of the cluster's
  const std::string_view region = take_label(rest);
  const std::optional<RedshiftKind> kind = kind_of(take_label(rest));
  if (!is_label(name) || !is_label(owner) || !is_region(region) || !kind.has_value() ||
      rest != dns_suffix(region)) {
    return std::nullopt;
  }
  RedshiftAddress address;
  address.kind = *kind;
  address.region = region;
  if (*kind == RedshiftKind::serverless && is_account_id(owner)) address.account = owner;
  const bool is_known = *kind == RedshiftKind::provisioned || !address.account.empty();
  if (is_known && !is_vpc_endpoint(name)) address.name = name;
  return address;
}

}  // namespace sparkify
