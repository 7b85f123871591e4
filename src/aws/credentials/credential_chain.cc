#include "aws/credentials/credential_chain.h"

#include <mutex>
#include <utility>

#include "aws/credentials/provider_search.h"
#include "aws/credentials/refreshing_credentials.h"

namespace sparkify {

struct CredentialChain::State {
  // Finds where the credentials come from, at the first call.
  Result<RefreshingCredentials*> credentials() {
    const std::lock_guard lock(mutex);
    if (kept == nullptr) {
      TRY_ASSIGN(FoundProvider found, find_provider(context));
      is_last_resort = found.is_last_resort;
      kept = std::make_unique<RefreshingCredentials>(std::move(found.provider), context);
    }
    return kept.get();
  }

  // Who has set nothing up shall not read of an instance's metadata only.
  Result<AwsCredentials> explained(const RefreshingCredentials& credentials,
                                   Result<AwsCredentials> outcome) const {
    if (outcome.ok() || !is_last_resort || credentials.has_credentials() ||
        outcome.error().kind == ErrorKind::stopped) {
      return outcome;
    }
    return no_credentials_error(context.environment, outcome.error().message);
  }

  CredentialContext context;
  std::mutex mutex;  // guards what follows until it is set, which is once
  bool is_last_resort = false;
  std::unique_ptr<RefreshingCredentials> kept;
};

CredentialChain::CredentialChain(AwsEnvironment environment, HttpClient& http,
                                 CredentialChainOptions options)
    : state_(new State{{std::move(environment), http, std::move(options)}, {}, false, nullptr}) {}

CredentialChain::~CredentialChain() = default;

Result<AwsCredentials> CredentialChain::get() {
  TRY_ASSIGN(RefreshingCredentials* const credentials, state_->credentials());
  return state_->explained(*credentials, credentials->get());
}

Result<AwsCredentials> CredentialChain::renew(const AwsCredentials& refused) {
  TRY_ASSIGN(RefreshingCredentials* const credentials, state_->credentials());
  return state_->explained(*credentials, credentials->renew(refused));
}

std::string CredentialChain::provider_name() const {
  const std::lock_guard lock(state_->mutex);
  if (state_->kept == nullptr || !state_->kept->has_credentials()) return {};
  return state_->kept->provider_name();
}

}  // namespace sparkify
