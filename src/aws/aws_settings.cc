#include "aws/aws_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "aws/aws_profile.h"
#include "base/utf8.h"

namespace sparkify {
namespace {

constexpr std::size_t kRegionBytesMax = 63;  // it becomes a label of a host's name

struct Partition {
  std::string_view region_prefix;
  std::string_view dns_suffix;
  std::string_view name;
};

constexpr std::array<Partition, 7> kOtherPartitions = {{
    {"cn-", "amazonaws.com.cn", "aws-cn"},
    {"us-gov-", "amazonaws.com", "aws-us-gov"},
    {"us-iso-", "c2s.ic.gov", "aws-iso"},
    {"us-isob-", "sc2s.sgov.gov", "aws-iso-b"},
    {"us-isof-", "csp.hci.ic.gov", "aws-iso-f"},
    {"eu-isoe-", "cloud.adc-e.uk", "aws-iso-e"},
    {"eusc-", "amazonaws.eu", "aws-eusc"},
}};

bool is_true(std::string_view text) {
  return text.size() == 4 && (text[0] | 0x20) == 't' && (text[1] | 0x20) == 'r' &&
         (text[2] | 0x20) == 'u' && (text[3] | 0x20) == 'e';
}

std::string service_variable(std::string_view service) {
  std::string name = "AWS_ENDPOINT_URL_";
  for (const char c : service) {
    name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c == '-' ? '_' : c;
  }
  return name;
}

// The URL is not shown: it may hold a password.
Result<std::optional<std::string>> checked_endpoint(std::string_view url, std::string_view origin) {
  while (url.ends_with('/')) url.remove_suffix(1);
  const bool is_http = url.starts_with("http://") && url.size() > 7;
  const bool is_https = url.starts_with("https://") && url.size() > 8;
  const bool is_plain = std::all_of(url.begin(), url.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '\\' && c != '#' && c != '?';
  });
  if ((!is_http && !is_https) || !is_plain) {
    return make_error(ErrorKind::config,
                      fmt::format("{}: is no address such as https://host:port", origin));
  }
  return std::optional<std::string>(std::string(url));
}

Result<std::optional<std::string>> endpoint_of_profile(const AwsProfiles& profiles,
                                                       const AwsSection& profile,
                                                       std::string service) {
  std::replace(service.begin(), service.end(), '-', '_');
  const std::string_view section = profile.value("services");
  if (!section.empty()) {
    const auto found = profiles.services.find(section);
    if (found == profiles.services.end()) {
      return make_error(ErrorKind::config,
                        fmt::format("{}: the profile names [services {}], which is not there",
                                    profiles.config_file, printable(section)));
    }
    const std::string_view url = found->second.value(service, "endpoint_url");
    if (!url.empty()) {
      return checked_endpoint(url, fmt::format("{}: endpoint_url of {} in [services {}]",
                                               profiles.config_file, service, printable(section)));
    }
  }
  const std::string_view url = profile.value("endpoint_url");
  if (url.empty()) return std::optional<std::string>();
  return checked_endpoint(url,
                          fmt::format("{}: endpoint_url of the profile", profiles.config_file));
}

}  // namespace

Result<std::optional<std::string>> configured_region(const AwsEnvironment& environment) {
  std::string region;
  if (environment.region.has_value()) {
    region = *environment.region;
  } else if (!environment.variable("AWS_REGION").empty()) {
    region = environment.variable("AWS_REGION");
  } else if (!environment.variable("AWS_DEFAULT_REGION").empty()) {
    region = environment.variable("AWS_DEFAULT_REGION");
  } else {
    TRY_ASSIGN(const AwsProfiles profiles, read_aws_profiles(environment));
    TRY_ASSIGN(const AwsSection* const profile, profiles.chosen(environment));
    region = profile->value("region");
  }
  if (region.empty()) return std::optional<std::string>();
  if (!is_region_name(region)) {
    return make_error(ErrorKind::config,
                      fmt::format("{}: is no AWS region; one is named such as us-west-2",
                                  printable(region.substr(0, kRegionBytesMax))));
  }
  return std::optional<std::string>(std::move(region));
}

Result<std::optional<std::string>> configured_endpoint(const AwsEnvironment& environment,
                                                       std::string_view service) {
  const std::string_view ignore = environment.variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
  if (is_true(ignore)) return std::optional<std::string>();
  TRY_ASSIGN(const AwsProfiles profiles, read_aws_profiles(environment));
  TRY_ASSIGN(const AwsSection* const profile, profiles.chosen(environment));
  if (ignore.empty() && is_true(profile->value("ignore_configured_endpoint_urls"))) {
    return std::optional<std::string>();
  }
  for (const std::string& name : {service_variable(service), std::string("AWS_ENDPOINT_URL")}) {
    const std::string_view url = environment.variable(name);
    if (!url.empty()) return checked_endpoint(url, name);
  }
  return endpoint_of_profile(profiles, *profile, std::string(service));
}

bool is_region_name(std::string_view text) {
  return !text.empty() && text.size() <= kRegionBytesMax && !text.starts_with('-') &&
         !text.ends_with('-') && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-';
         });
}

std::string_view dns_suffix(std::string_view region) {
  for (const Partition& partition : kOtherPartitions) {
    if (region.starts_with(partition.region_prefix)) return partition.dns_suffix;
  }
  return "amazonaws.com";
}

std::string_view partition_of(std::string_view region) {
  for (const Partition& partition : kOtherPartitions) {
    if (region.starts_with(partition.region_prefix)) return partition.name;
  }
  return "aws";
}

}  // namespace sparkify
