#include "serve/live_document.h"

#include <algorithm>
#include <utility>

#include "base/log.h"

namespace sparkify {

namespace {
/// How much longer than a document takes the next one is waited for.
constexpr int kRestFactor = 10;
}  // namespace

LiveDocument::LiveDocument(DocumentSource source, std::chrono::milliseconds pause)
    : source_(std::move(source)), pause_(pause) {}

LiveDocument::~LiveDocument() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  if (watcher_.joinable()) watcher_.join();
}

Status LiveDocument::start() {
  TRY_ASSIGN(const std::string sign, source_.sign());
  TRY(make_anew(sign));
  watcher_ = std::thread([this] { watch(); });
  return {};
}

LiveDocument::Current LiveDocument::look() {
  const std::lock_guard lock(mutex_);
  is_watched_ = true;
  changed_.notify_all();
  return current_;
}

void LiveDocument::watch() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return over_ || is_watched_; });
    changed_.wait_until(lock, next_look_, [this] { return over_; });
    if (over_) return;
    is_watched_ = false;
    lock.unlock();
    refresh();
    lock.lock();
  }
}

/// The sign is taken before the document: what changes between the two is seen at the next look.
void LiveDocument::refresh() {
  next_look_ = Clock::now() + pause_;
  auto sign = source_.sign();
  Status done = sign.ok() ? Status() : Status(sign.error());
  if (done.ok() && *sign != sign_) done = make_anew(*sign);
  const std::lock_guard lock(mutex_);
  if (done.ok()) {
    current_.trouble.reset();
    return;
  }
  if (current_.trouble != done.error().message) log_warning(done.error().message);
  current_.trouble = done.error().message;
}

Status LiveDocument::make_anew(const std::string& sign) {
  const Clock::time_point begun = Clock::now();
  const std::uint64_t version = current_.version + 1;  // written by this thread alone
  auto made = source_.make(version);
  const Clock::time_point now = Clock::now();
  next_look_ = now + std::max<Clock::duration>(pause_, (now - begun) * kRestFactor);
  if (!made.ok()) return made.error();
  sign_ = sign;
  auto text = std::make_shared<const std::string>(std::move(*made));
  const std::lock_guard lock(mutex_);
  current_.version = version;
  current_.text = std::move(text);
  return {};
}

}  // namespace sparkify
