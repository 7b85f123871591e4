#include "aws/credentials/refreshing_credentials.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "base/redaction.h"

namespace sparkify {
namespace {

constexpr std::int64_t kMinute_us = std::int64_t{60} * 1'000'000;
constexpr std::int64_t kSoon_us = 15 * kMinute_us;
constexpr std::int64_t kNow_us = 10 * kMinute_us;
constexpr std::int64_t kRetry_us = kMinute_us;

bool are_same(const AwsCredentials& a, const AwsCredentials& b) {
  return a.access_key_id == b.access_key_id &&
         a.secret_access_key.reveal() == b.secret_access_key.reveal() &&
         a.session_token.reveal() == b.session_token.reveal();
}

// They go into headers: a line break would begin another one.
bool is_header_safe(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

}  // namespace

RefreshingCredentials::RefreshingCredentials(std::unique_ptr<CredentialProvider> provider,
                                             const CredentialContext& context)
    : provider_(std::move(provider)), context_(context) {}

bool RefreshingCredentials::has_credentials() const {
  const std::lock_guard lock(state_mutex_);
  return current_.has_value();
}

RefreshingCredentials::View RefreshingCredentials::view() const {
  const std::int64_t now_us = context_.options.clock();
  const std::lock_guard lock(state_mutex_);
  return View{current_, need_at(now_us), attempt_count_, last_error_};
}

// Ones that live shorter than an hour or come late in their life, as an instance's may, are not
// asked for again at once: the windows shrink with what is left of them.
RefreshingCredentials::Need RefreshingCredentials::need_at(std::int64_t now_us) const {
  if (!current_.has_value()) return Need::now;
  if (!current_->expires_at_us.has_value()) return Need::none;
  const std::int64_t life_us = *current_->expires_at_us - fetched_at_us_;
  const std::int64_t left_us = *current_->expires_at_us - now_us;
  if (left_us <= std::min(kNow_us, life_us / 3)) return Need::now;
  if (left_us <= std::min(kSoon_us, life_us / 2) && now_us >= retry_at_us_) return Need::soon;
  return Need::none;
}

Result<AwsCredentials> RefreshingCredentials::checked_fetch() {
  TRY_ASSIGN(AwsCredentials credentials, provider_->fetch());
  keep_out_of_messages(credentials.secret_access_key);
  keep_out_of_messages(credentials.session_token);
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    return make_error(ErrorKind::config, fmt::format("{}: a key is empty", provider_->name()));
  }
  if (!is_header_safe(credentials.access_key_id) ||
      !is_header_safe(credentials.secret_access_key.reveal()) ||
      !is_header_safe(credentials.session_token.reveal())) {
    return make_error(ErrorKind::config,
                      fmt::format("{}: a key holds a blank, a line break or another character that "
                                  "no key has; write it anew",
                                  provider_->name()));
  }
  if (credentials.expires_at_us.has_value() &&
      *credentials.expires_at_us <= context_.options.clock()) {
    return make_error(
        ErrorKind::config,
        fmt::format("{}: the credentials have expired already (is the clock of this machine "
                    "right?); get new ones",
                    provider_->name()));
  }
  return credentials;
}

void RefreshingCredentials::keep(const Result<AwsCredentials>& outcome) {
  const std::int64_t now_us = context_.options.clock();
  const std::lock_guard lock(state_mutex_);
  ++attempt_count_;
  last_error_.reset();
  retry_at_us_ = now_us + kRetry_us;
  if (outcome.ok()) {
    current_ = *outcome;
    fetched_at_us_ = now_us;
  } else {
    last_error_ = outcome.error();
  }
}

Result<AwsCredentials> RefreshingCredentials::get() {
  const View before = view();
  if (before.need == Need::none) return *before.credentials;
  std::unique_lock refreshing(refresh_mutex_, std::defer_lock);
  if (before.need == Need::now) {
    refreshing.lock();
  } else if (!refreshing.try_lock()) {
    return *before.credentials;
  }
  const View after = view();
  if (after.need == Need::none) return *after.credentials;
  // Whom we waited for asked for us too.
  if (after.attempt_count != before.attempt_count && after.last_error.has_value()) {
    return *after.last_error;
  }
  Result<AwsCredentials> outcome = checked_fetch();
  keep(outcome);
  if (outcome.ok() || after.need == Need::now) return outcome;
  log_warning(
      fmt::format("the AWS credentials end soon and new ones did not come: {}; "
                  "asking again in a minute",
                  outcome.error().message));
  return *after.credentials;
}

Result<AwsCredentials> RefreshingCredentials::renew(const AwsCredentials& refused) {
  const View before = view();
  if (before.credentials.has_value() && !are_same(*before.credentials, refused)) {
    return *before.credentials;
  }
  const std::lock_guard refreshing(refresh_mutex_);
  const View after = view();
  if (after.credentials.has_value() && !are_same(*after.credentials, refused)) {
    return *after.credentials;
  }
  if (after.attempt_count != before.attempt_count && after.last_error.has_value()) {
    return *after.last_error;
  }
  Result<AwsCredentials> outcome = checked_fetch();
  if (outcome.ok() && are_same(*outcome, refused)) {
    outcome = make_error(
        ErrorKind::config,
        fmt::format("{}: AWS does not take these credentials any more, and there are no others; "
                    "get new ones",
                    provider_->name()));
  }
  keep(outcome);
  return outcome;
}

}  // namespace sparkify
