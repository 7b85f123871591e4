#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sparkify {

/// Holds if the request's `key` is like one of the values.
struct IamCondition {
  std::string test;  ///< StringLike, ...
  std::string key;   ///< s3:prefix, ...
  std::vector<std::string> values;
};

/// Who may do what, on what, when. Only a trust policy says who, and it does not say on what.
struct IamStatement {
  std::string sid;                    ///< letters and digits
  std::vector<std::string> services;  ///< that may: redshift.amazonaws.com
  std::vector<std::string> roles;     ///< that may, by ARN
  std::vector<std::string> actions;
  std::vector<std::string> resources;  ///< patterns, of which iam_literal() stands for itself
  std::vector<IamCondition> conditions;
};

using IamPolicy = std::vector<IamStatement>;

/// A pattern of IAM that only `text` itself matches, in a resource and in a condition alike.
/// Source    IAM user guide, "IAM policy elements: Variables and tags", special characters.
std::string iam_literal(std::string_view text);

/// The policy as AWS takes it. `policy` is UTF-8.
nlohmann::ordered_json iam_document(const IamPolicy& policy);

}  // namespace sparkify
