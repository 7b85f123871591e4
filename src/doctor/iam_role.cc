#include "doctor/iam_role.h"

#include <fmt/format.h>

#include "base/utf8.h"

namespace sparkify {

namespace {

constexpr const char* kName = "iam_role";
constexpr const char* kFix =
    "give the ARN of the role under which Redshift reads S3, "
    "arn:aws:iam::ACCOUNT:role/NAME, as --iam-role or as ARN under [IAM_ROLE] in dwh.cfg; several "
    "with commas are taken one from the other";

std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

bool is_plain(std::string_view text) {
  for (const char c : text) {
    if (c <= ' ' || c > '~' || c == '\'' || c == '\\') return false;
  }
  return true;
}

/// arn:PARTITION:iam::ACCOUNT:role/NAME
bool is_role(std::string_view arn) {
  if (!is_plain(arn) || take_until(arn, ':') != "arn") return false;
  const std::string_view partition = take_until(arn, ':');
  if (!partition.starts_with("aws") || take_until(arn, ':') != "iam") return false;
  if (!take_until(arn, ':').empty()) return false;  // IAM has no regions
  const std::string_view account = take_until(arn, ':');
  constexpr std::string_view kRole = "role/";
  return account.find_first_not_of("0123456789") == std::string_view::npos &&
         arn.starts_with(kRole) && arn.size() > kRole.size();
}

}  // namespace

Finding judge_iam_role(std::string_view roles) {
  if (roles.empty()) return bad(kName, "is not set, and loading needs it", kFix);
  std::string_view rest = roles;
  while (true) {
    const bool is_last = rest.find(',') == std::string_view::npos;
    const std::string_view role = take_until(rest, ',');
    if (!is_role(role)) {
      return bad(kName, fmt::format("'{}' is not the ARN of a role", printable(role)), kFix);
    }
    if (is_last) break;
  }
  return fine(kName, fmt::format("{} (whether Redshift may use it, the first load tells)",
                                 printable(roles)));
}

}  // namespace sparkify
