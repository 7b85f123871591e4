#pragma once

#include <string>
#include <string_view>

#include "aws/redshift_login.h"
#include "base/result.h"
#include "cli/settings.h"

namespace sparkify {

inline constexpr std::string_view kRedshiftScheme = "redshift://";

/// The parts of `redshift://USER@HOST:PORT/DATABASE?...`; what is missing is empty.
struct RedshiftUrl {
  std::string user;
  std::string host;
  std::string database;
};

/// `url`    Begins with kRedshiftScheme.
RedshiftUrl read_redshift_url(std::string_view url);

/// The cluster or workgroup that the settings mean, by its host's name or by its own, and the
/// database of the warehouse's URL.
/// Errors    config: neither tells.
Result<RedshiftTarget> redshift_target(const Settings& settings);

}  // namespace sparkify
