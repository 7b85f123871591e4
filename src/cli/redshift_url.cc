#include "cli/redshift_url.h"

#include <fmt/format.h>

#include <cstddef>

#include "aws/redshift_address.h"
#include "base/percent_encoding.h"
#include "base/utf8.h"

namespace sparkify {

namespace {

std::string decoded(std::string_view text) { return percent_decode(text).value_or(""); }

}  // namespace

RedshiftUrl read_redshift_url(std::string_view url) {
  RedshiftUrl parts;
  url.remove_prefix(kRedshiftScheme.size());
  url = url.substr(0, url.find('?'));
  std::string_view place = url.substr(0, url.find('/'));
  if (const std::size_t at = place.rfind('@'); at != place.npos) {
    parts.user = decoded(place.substr(0, at));
    place.remove_prefix(at + 1);
  }
  parts.host = place.substr(0, place.rfind(':'));
  if (const std::size_t slash = url.find('/'); slash != url.npos) {
    parts.database = decoded(url.substr(slash + 1));
  }
  return parts;
}

Result<RedshiftTarget> redshift_target(const Settings& settings) {
  const RedshiftUrl url = read_redshift_url(settings.warehouse);
  const auto address = read_redshift_address(url.host);
  RedshiftTarget target;
  target.database = url.database;
  if (address) {
    target.kind = address->kind;
    target.name = address->name;
    target.region = address->region;
  }
  if (settings.cluster) {
    target.kind = RedshiftKind::provisioned;
    target.name = *settings.cluster;
  } else if (settings.workgroup) {
    target.kind = RedshiftKind::serverless;
    target.name = *settings.workgroup;
  }
  if (!target.name.empty()) return target;
  return make_error(ErrorKind::config,
                    fmt::format("{} does not tell which cluster or workgroup it is; "
                                "give --cluster ID or --workgroup NAME",
                                printable(url.host)));
}

}  // namespace sparkify
