#include "aws/credentials/instance_credentials.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "aws/credentials/credential_json.h"
#include "aws/credentials/credential_request.h"
#include "base/log.h"

namespace sparkify {
namespace {

constexpr std::string_view kV4Endpoint = "http://169.254.169.254";
constexpr std::string_view kV6Endpoint = "http://[fd00:ec2::254]";
constexpr std::string_view kRolePath = "/latest/meta-data/iam/security-credentials/";
constexpr std::size_t kRoleNameBytesMax = 64;
constexpr CredentialPatience kPatience = {.tries = 2, .timeout_s = 1, .pauses = false};
constexpr std::int64_t kExtension_us = std::int64_t{10} * 60 * 1'000'000;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

// What IAM allows in a role's name; nothing of it needs an escape in a path.
bool is_role_name(std::string_view text) {
  return !text.empty() && text.size() <= kRoleNameBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view("_+=,.@-").find(c) != std::string_view::npos;
         });
}

bool is_header_safe(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

class InstanceProvider : public CredentialProvider {
 public:
  InstanceProvider(const CredentialContext& context, std::string endpoint, std::string mode)
      : context_(context), endpoint_(std::move(endpoint)), mode_(std::move(mode)) {
    while (endpoint_.ends_with('/')) endpoint_.pop_back();
  }

  std::string name() const override { return "instance metadata"; }

  Result<AwsCredentials> fetch() override {
    if (is_instance_metadata_disabled(context_.environment)) {
      return fail("switched off by AWS_EC2_METADATA_DISABLED");
    }
    TRY(choose_endpoint());
    TRY_ASSIGN(const Secret token, session_token());
    TRY_ASSIGN(const Secret roles, value(std::string(kRolePath), token, "role"));
    const std::string role = roles.reveal().substr(0, roles.reveal().find_first_of("\r\n"));
    if (!is_role_name(role)) return fail("the instance has no role");
    TRY_ASSIGN(const Secret text,
               value(std::string(kRolePath) + role, token, "role's credentials"));
    TRY_ASSIGN(AwsCredentials credentials, credentials_from_json(text, name(), "Token"));
    const std::int64_t now_us = context_.options.clock();
    if (credentials.expires_at_us.has_value() && *credentials.expires_at_us <= now_us) {
      log_warning("the instance gives credentials that have ended; trying them for ten minutes");
      credentials.expires_at_us = now_us + kExtension_us;
    }
    return credentials;
  }

 private:
  Status choose_endpoint() {
    if (endpoint_.empty()) {
      if (!mode_.empty() && mode_ != "ipv4" && mode_ != "ipv6") {
        return fail("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE must be ipv4 or ipv6");
      }
      endpoint_ = mode_ == "ipv6" ? kV6Endpoint : kV4Endpoint;
    }
    if (endpoint_.starts_with("http://") || endpoint_.starts_with("https://")) return {};
    return fail("AWS_EC2_METADATA_SERVICE_ENDPOINT is no http:// address");
  }

  HttpRequest request(std::string_view method, std::string_view path) const {
    HttpRequest request;
    request.method = method;
    request.url = endpoint_ + std::string(path);
    request.use_proxy = false;
    return request;
  }

  Result<Secret> session_token() const {
    HttpRequest asking = request("PUT", "/latest/api/token");
    asking.headers.push_back({"x-aws-ec2-metadata-token-ttl-seconds", "21600"});
    TRY_ASSIGN(HttpResponse response,
               ask_for_credentials(context_, std::move(asking), name(), kPatience));
    Secret token(std::move(response.body));
    if (response.status != 200 || !is_header_safe(token.reveal())) {
      return fail(fmt::format(
          "{} gives no session token (status {}); IMDSv2 must be on, and within a container its "
          "hop limit at least 2",
          url_origin(endpoint_), response.status));
    }
    return token;
  }

  Result<Secret> value(const std::string& path, const Secret& token, std::string_view what) const {
    HttpRequest asking = request("GET", path);
    asking.headers.push_back({"x-aws-ec2-metadata-token", token.reveal()});
    TRY_ASSIGN(HttpResponse response,
               ask_for_credentials(context_, std::move(asking), name(), kPatience));
    Secret text(std::move(response.body));
    if (response.status == 404) return fail("the instance has no role");
    if (response.status == 200) return text;
    return fail(fmt::format("{} does not give the {} (status {})", url_origin(endpoint_), what,
                            response.status));
  }

  Error fail(std::string_view what) const {
    return make_error(ErrorKind::config, fmt::format("{}: {}", name(), what));
  }

  const CredentialContext& context_;
  std::string endpoint_;
  std::string mode_;
};

}  // namespace

bool is_instance_metadata_disabled(const AwsEnvironment& environment) {
  return lower(environment.variable("AWS_EC2_METADATA_DISABLED")) == "true";
}

std::unique_ptr<CredentialProvider> instance_credentials(const CredentialContext& context,
                                                         const AwsSection& profile) {
  const auto setting = [&](std::string_view variable, std::string_view key) {
    const std::string_view set = context.environment.variable(variable);
    return std::string(set.empty() ? profile.value(key) : set);
  };
  return std::make_unique<InstanceProvider>(
      context, setting("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint"),
      lower(
          setting("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode")));
}

}  // namespace sparkify
