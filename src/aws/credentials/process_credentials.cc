#include "aws/credentials/process_credentials.h"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

#include "aws/credentials/credential_json.h"
#include "aws/credentials/shell_words.h"
#include "base/command_output.h"
#include "base/utf8.h"

namespace sparkify {
namespace {

class ProcessProvider : public CredentialProvider {
 public:
  ProcessProvider(const CredentialContext& context, std::string profile, Secret command)
      : context_(context), profile_(std::move(profile)), command_(std::move(command)) {}

  std::string name() const override {
    return fmt::format("credential_process (profile {})", printable(profile_));
  }

  Result<AwsCredentials> fetch() override {
    const std::optional<std::vector<std::string>> words = split_shell_words(command_.reveal());
    if (!words.has_value() || words->empty()) {
      return make_error(ErrorKind::config,
                        fmt::format("{}: the command is not well quoted", name()));
    }
    CommandLimits limits;
    limits.timeout_s = context_.options.process_timeout_s;
    limits.stop = context_.options.stop;
    const Result<Secret> output = command_output(*words, limits);
    if (!output.ok()) {
      return make_error(output.error().kind, fmt::format("{}: {}", name(), output.error().message));
    }
    return credentials_from_json(*output, name(), "SessionToken", 1);
  }

 private:
  const CredentialContext& context_;
  std::string profile_;
  Secret command_;
};

}  // namespace

std::unique_ptr<CredentialProvider> process_credentials(const CredentialContext& context,
                                                        std::string profile, Secret command) {
  return std::make_unique<ProcessProvider>(context, std::move(profile), std::move(command));
}

}  // namespace sparkify
