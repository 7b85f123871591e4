#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/iam_policy.h"
#include "aws/role_arn.h"
#include "base/result.h"
#include "cli/settings.h"

namespace sparkify {

/// What `sparkify iam` is told beside the settings.
struct IamOptions {
  std::string account;                ///< of the warehouse; empty: as role or host have it
  std::string workgroup_id;           ///< AWS's id of the workgroup, or `*`; may be empty
  std::vector<std::string> kms_keys;  ///< ARNs
};

/// A policy and whose it is.
struct IamDocument {
  std::string name;  ///< redshift-role, redshift-trust, loader, analyst, redshift-chain-1, ...
  std::string use;   ///< for people: whom to attach it to
  bool is_trust = false;
  std::optional<RoleArn> role;  ///< whose it is, if that is a role that the settings name
  IamPolicy policy;
};

/// A policy that there is no need for.
struct IamLeftOut {
  std::string name;
  std::string why;
};

struct IamDocuments {
  std::vector<IamDocument> documents;
  std::vector<IamLeftOut> left_out;
  std::vector<std::string> notes;  ///< whole sentences: what the policies cannot say
};

/// The policies that the settings call for.
///
/// `region`    Where AWS's own settings and the flag have it; a host's name tells better.
/// `only`      The name of the one that is wanted, so that nothing that others need is asked for;
///             empty: all of them.
/// Errors      config: something that a policy needs is not known, or makes no sense; usage: there
///             is no policy of that name.
Result<IamDocuments> iam_documents(const Settings& settings, const IamOptions& options,
                                   const std::optional<std::string>& region, std::string_view only);

}  // namespace sparkify
