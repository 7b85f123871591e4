#include "aws/role_arn.h"

#include <algorithm>
#include <cstddef>

namespace sparkify {
namespace {

constexpr std::size_t kAccountDigits = 12;
constexpr std::string_view kRole = "role/";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_partition(std::string_view text) {
  return (text == "aws" || text.starts_with("aws-")) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || c == '-' || is_digit(c); });
}

bool is_role_name(std::string_view text) {
  constexpr std::string_view kSigns = "_+=,.@-";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
           kSigns.find(c) != kSigns.npos;
  });
}

bool is_role_path(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

// Cuts the text before the first colon off `rest`.
std::string_view take_field(std::string_view& rest) {
  const std::size_t length = std::min(rest.find(':'), rest.size());
  const std::string_view field = rest.substr(0, length);
  rest.remove_prefix(std::min(length + 1, rest.size()));
  return field;
}

}  // namespace

bool is_account_id(std::string_view text) {
  return text.size() == kAccountDigits && std::all_of(text.begin(), text.end(), is_digit);
}

std::optional<RoleArn> parse_role_arn(std::string_view text) {
  std::string_view rest = text;
  const bool is_arn = take_field(rest) == "arn";
  const std::string_view partition = take_field(rest);
  const bool is_of_iam = take_field(rest) == "iam" && take_field(rest).empty();
  const std::string_view account = take_field(rest);
  if (!is_arn || !is_partition(partition) || !is_of_iam || !rest.starts_with(kRole) ||
      !(account.empty() || is_account_id(account))) {
    return std::nullopt;
  }
  rest.remove_prefix(kRole.size());
  const std::size_t slash = rest.rfind('/');
  RoleArn role;
  role.text = text;
  role.partition = partition;
  role.account = account;
  role.path = slash == rest.npos ? "/" : "/" + std::string(rest.substr(0, slash + 1));
  role.name = slash == rest.npos ? rest : rest.substr(slash + 1);
  if (!is_role_name(role.name) || !is_role_path(role.path)) return std::nullopt;
  return role;
}

}  // namespace sparkify
