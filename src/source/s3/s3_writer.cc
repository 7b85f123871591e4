#include "source/s3/s3_writer.h"

#include <fmt/format.h>

#include <utility>

#include "base/utf8.h"

namespace sparkify {

namespace {

constexpr std::uint64_t kPutBytesMax = std::uint64_t{5} << 30;

}  // namespace

S3Writer::S3Writer(S3Client& client, S3Uri folder, UploadLimits limits)
    : client_(client), folder_(std::move(folder)), limits_(limits) {}

S3Writer::~S3Writer() {
  {
    const std::lock_guard lock(mutex_);
    waiting_.clear();
  }
  stop_threads();
}

S3Uri S3Writer::target_of(std::string_view name) const {
  S3Uri target = folder_;
  if (!target.key.empty() && !target.key.ends_with('/')) target.key += '/';
  target.key += name;
  return target;
}

Status S3Writer::write(std::string_view name, std::string_view bytes) {
  S3Uri target = target_of(name);
  if (bytes.size() > kPutBytesMax) {
    return make_error(ErrorKind::source,
                      fmt::format("{}: {} bytes are more than S3 takes at once (5 GiB); generate "
                                  "more days or fewer events",
                                  printable(target.text()), bytes.size()));
  }
  return enqueue({std::move(target), std::string(bytes)});
}

Result<bool> S3Writer::write_if_allowed(std::string_view name, std::string_view bytes) {
  return client_.put_if_allowed(target_of(name), bytes);
}

Status S3Writer::remove(std::string_view name) { return enqueue({target_of(name), std::nullopt}); }

Status S3Writer::enqueue(Change change) {
  const std::size_t size = change.bytes ? change.bytes->size() : 0;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] {
    return error_ || used_bytes_ == 0 || used_bytes_ + size <= limits_.memory_bytes;
  });
  if (error_) return *error_;
  used_bytes_ += size;
  waiting_.push_back(std::move(change));
  if (threads_.size() < limits_.threads) threads_.emplace_back([this] { work(); });
  changed_.notify_all();
  return {};
}

Status S3Writer::carry_out(const Change& change) {
  return change.bytes ? client_.put(change.target, *change.bytes) : client_.remove(change.target);
}

Status S3Writer::finish() {
  stop_threads();
  const std::lock_guard lock(mutex_);
  if (error_) return *error_;
  return {};
}

void S3Writer::stop_threads() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void S3Writer::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return closing_ || !waiting_.empty(); });
    if (waiting_.empty() || error_) return;
    const Change change = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    Status status = carry_out(change);
    lock.lock();
    if (change.bytes) used_bytes_ -= change.bytes->size();
    if (!status.ok() && !error_) error_ = std::move(status).error();
    changed_.notify_all();
  }
}

}  // namespace sparkify
