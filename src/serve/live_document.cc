#include "serve/live_document.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.h"

namespace sparkify {

namespace {

/// How much longer than a look takes the next one is waited for.
constexpr int kRestFactor = 10;
/// But not longer than this after one that failed: who mended it wants to see that.
constexpr std::chrono::minutes kRestAfterFailureMax{2};

/// An exception, as where no memory is left, is no reason to take away what there is.
template <typename Work>
auto caught(const Work& work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception& exception) {
    return make_error(ErrorKind::internal, exception.what());
  }
}

}  // namespace

LiveDocument::LiveDocument(DocumentSource source, Pace pace)
    : source_(std::move(source)), pace_(pace) {}

LiveDocument::~LiveDocument() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  changed_.notify_all();
  if (watcher_.joinable()) watcher_.join();
}

Status LiveDocument::start() {
  const Clock::time_point begun = Clock::now();
  TRY(renew());
  next_look_ = next_after(begun, true);
  watcher_ = std::thread([this] { watch(); });
  return {};
}

LiveDocument::Current LiveDocument::look() {
  std::unique_lock lock(mutex_);
  is_watched_ = true;
  changed_.notify_all();
  if (Clock::now() >= next_look_) {
    const std::uint64_t before = looks_;
    changed_.wait_for(lock, pace_.patience, [&] { return over_ || looks_ != before; });
  }
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
    changed_.notify_all();
    lock.lock();
  }
}

void LiveDocument::refresh() {
  const Clock::time_point begun = Clock::now();
  const Status done = caught([this] { return renew(); });
  const std::lock_guard lock(mutex_);
  ++looks_;
  next_look_ = next_after(begun, done.ok());
  if (done.ok()) {
    current_.trouble.reset();
    return;
  }
  if (done.error().kind == ErrorKind::stopped) return;  // as was asked for
  if (!current_.trouble) log_warning(done.error().message);
  current_.trouble = done.error().message;
}

LiveDocument::Clock::time_point LiveDocument::next_after(Clock::time_point begun,
                                                         bool is_done) const {
  const Clock::time_point now = Clock::now();
  Clock::duration rest = (now - begun) * kRestFactor;
  if (!is_done) rest = std::min<Clock::duration>(rest, kRestAfterFailureMax);
  return now + std::max<Clock::duration>(rest, pace_.pause);
}

/// The sign is taken before the document: what changes between the two is seen at the next look.
Status LiveDocument::renew() {
  TRY_ASSIGN(const std::string sign, source_.sign());
  if (current_.version > 0 && sign == sign_) return {};
  const std::uint64_t version = current_.version + 1;  // written by this thread alone
  TRY_ASSIGN(std::string made, source_.make(version));
  sign_ = sign;
  auto text = std::make_shared<const std::string>(std::move(made));
  const std::lock_guard lock(mutex_);
  current_.version = version;
  current_.text = std::move(text);
  return {};
}

}  // namespace sparkify
