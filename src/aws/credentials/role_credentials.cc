#include "aws/credentials/role_credentials.h"

#include <fmt/format.h>

#include <cstddef>
#include <string_view>
#include <utility>

#include "aws/credentials/refreshing_credentials.h"
#include "aws/credentials/sts.h"
#include "base/redaction.h"
#include "base/small_file.h"
#include "base/utf8.h"

namespace sparkify {
namespace {

constexpr std::size_t kTokenBytesMax = std::size_t{20'000};  // what STS takes

StsCall call_for(const CredentialContext& context, const RoleSettings& role, std::string who,
                 std::string action) {
  StsCall call;
  call.who = std::move(who);
  call.action = std::move(action);
  call.parameters.emplace_back("RoleArn", Secret(role.role_arn));
  call.parameters.emplace_back(
      "RoleSessionName",
      Secret(role.session_name.empty() ? default_session_name(context) : role.session_name));
  return call;
}

class RoleProvider : public CredentialProvider {
 public:
  RoleProvider(const CredentialContext& context, RoleSettings role,
               std::unique_ptr<CredentialProvider> source)
      : context_(context), role_(std::move(role)), source_(std::move(source), context) {}

  std::string name() const override {
    return fmt::format("assume-role (profile {})", printable(role_.profile));
  }

  Result<AwsCredentials> fetch() override {
    TRY_ASSIGN(AwsCredentials signer, source_.get());
    StsCall call = call_for(context_, role_, name(), "AssumeRole");
    if (!role_.external_id.empty()) {
      call.parameters.emplace_back("ExternalId", Secret(role_.external_id));
    }
    if (role_.duration_s.has_value()) {
      call.parameters.emplace_back("DurationSeconds", Secret(std::to_string(*role_.duration_s)));
    }
    call.signer = &signer;
    TRY_ASSIGN(StsAnswer answer, call_sts(context_, call));
    if (answer.signer_expired) {
      TRY_ASSIGN(signer, source_.renew(signer));
      TRY_ASSIGN(answer, call_sts(context_, call));
    }
    if (answer.credentials.has_value()) return *std::move(answer.credentials);
    return make_error(ErrorKind::config, fmt::format("{}; the call was signed with: {}",
                                                     answer.refusal, source_.provider_name()));
  }

 private:
  const CredentialContext& context_;
  RoleSettings role_;
  RefreshingCredentials source_;
};

class WebIdentityProvider : public CredentialProvider {
 public:
  WebIdentityProvider(const CredentialContext& context, RoleSettings role, std::string token_file)
      : context_(context), role_(std::move(role)), token_file_(std::move(token_file)) {}

  std::string name() const override {
    return role_.profile.empty()
               ? "web identity (environment)"
               : fmt::format("web identity (profile {})", printable(role_.profile));
  }

  Result<AwsCredentials> fetch() override {
    TRY_ASSIGN(std::optional<Secret> token, read_small_file(token_file_, kTokenBytesMax));
    if (!token.has_value() || token->empty()) {
      return make_error(ErrorKind::config, fmt::format("{}: there is no token in the file {}",
                                                       name(), printable(token_file_)));
    }
    keep_out_of_messages(*token);
    StsCall call = call_for(context_, role_, name(), "AssumeRoleWithWebIdentity");
    call.parameters.emplace_back("WebIdentityToken", *std::move(token));
    TRY_ASSIGN(StsAnswer answer, call_sts(context_, call));
    if (answer.credentials.has_value()) return *std::move(answer.credentials);
    return make_error(ErrorKind::config, std::move(answer.refusal));
  }

 private:
  const CredentialContext& context_;
  RoleSettings role_;
  std::string token_file_;
};

}  // namespace

std::unique_ptr<CredentialProvider> role_credentials(const CredentialContext& context,
                                                     RoleSettings role,
                                                     std::unique_ptr<CredentialProvider> source) {
  return std::make_unique<RoleProvider>(context, std::move(role), std::move(source));
}

std::unique_ptr<CredentialProvider> web_identity_credentials(const CredentialContext& context,
                                                             RoleSettings role,
                                                             std::string token_file) {
  return std::make_unique<WebIdentityProvider>(context, std::move(role), std::move(token_file));
}

}  // namespace sparkify
