#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "aws/credentials/credential_provider.h"

namespace sparkify {

/// Keeps what a provider gave and asks it again before that ends. Safe from several threads: one
/// asks, the others go on with the old ones or, if there are none to go on with, wait for it.
class RefreshingCredentials {
 public:
  /// `context` must outlive it.
  RefreshingCredentials(std::unique_ptr<CredentialProvider> provider,
                        const CredentialContext& context);

  /// As CredentialChain::get.
  Result<AwsCredentials> get();
  /// As CredentialChain::renew.
  Result<AwsCredentials> renew(const AwsCredentials& refused);

  bool has_credentials() const;
  std::string provider_name() const { return provider_->name(); }

 private:
  enum class Need { none, soon, now };
  struct View {
    std::optional<AwsCredentials> credentials;
    Need need = Need::now;
    std::uint64_t attempt_count = 0;
    std::optional<Error> last_error;
  };

  View view() const;
  Need need_at(std::int64_t now_us) const;
  Result<AwsCredentials> checked_fetch();
  void keep(const Result<AwsCredentials>& outcome);

  const std::unique_ptr<CredentialProvider> provider_;
  const CredentialContext& context_;
  std::mutex refresh_mutex_;        // held while the provider is asked
  mutable std::mutex state_mutex_;  // guards what follows; never held for long
  std::optional<AwsCredentials> current_;
  std::int64_t fetched_at_us_ = 0;
  std::int64_t retry_at_us_ = 0;  // not before, if it is not urgent
  std::uint64_t attempt_count_ = 0;
  std::optional<Error> last_error_;  // of the last attempt
};

}  // namespace sparkify
