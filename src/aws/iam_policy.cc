#include "aws/iam_policy.h"

#include <nlohmann/json.hpp>

namespace sparkify {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kLanguageVersion = "2012-10-17";  // the older one has no `${*}`

ordered_json principal_of(const IamStatement& statement) {
  ordered_json principal = ordered_json::object();
  if (!statement.services.empty()) principal["Service"] = statement.services;
  if (!statement.roles.empty()) principal["AWS"] = statement.roles;
  return principal;
}

ordered_json document_of(const IamStatement& statement) {
  ordered_json document{{"Sid", statement.sid}, {"Effect", "Allow"}};
  const ordered_json principal = principal_of(statement);
  if (!principal.empty()) document["Principal"] = principal;
  document["Action"] = statement.actions;
  if (!statement.resources.empty()) document["Resource"] = statement.resources;
  for (const IamCondition& condition : statement.conditions) {
    document["Condition"][condition.test][condition.key] = condition.values;
  }
  return document;
}

}  // namespace

std::string iam_literal(std::string_view text) {
  std::string literal;
  for (const char c : text) {
    if (c == '*' || c == '?' || c == '$') {
      literal += {'$', '{', c, '}'};
    } else {
      literal += c;
    }
  }
  return literal;
}

ordered_json iam_document(const IamPolicy& policy) {
  ordered_json statements = ordered_json::array();
  for (const IamStatement& statement : policy) statements.push_back(document_of(statement));
  return {{"Version", kLanguageVersion}, {"Statement", statements}};
}

}  // namespace sparkify
