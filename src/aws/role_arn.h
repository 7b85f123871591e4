#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sparkify {

/// The name of a role: `arn:PARTITION:iam::ACCOUNT:role/PATH/NAME`.
struct RoleArn {
  std::string text;       ///< all of it
  std::string partition;  ///< aws, aws-cn, aws-us-gov, ...
  std::string account;    ///< 12 digits; empty on servers that know of no accounts
  std::string path;       ///< `/`, or `/service/etl/`
  std::string name;
};

/// Returns   nothing if it is no role's.
/// Source    IAM user guide, "IAM identifiers"; the characters of names from CreateRole.
std::optional<RoleArn> parse_role_arn(std::string_view text);

/// Whether `text` can be the number of an account: 12 digits.
bool is_account_id(std::string_view text);

}  // namespace sparkify
