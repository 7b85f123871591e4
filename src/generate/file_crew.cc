#include "generate/file_crew.h"

#include <exception>
#include <utility>

namespace sparkify {

namespace {

/// Some 500 bytes each: what a few days of a large set hold. A single day may be more.
constexpr std::int64_t kRecordsAheadMax = 400'000;

}  // namespace

FileCrew::FileCrew(std::size_t threads, HandIn hand_in)
    : jobs_max_(2 * threads - 1), hand_in_(std::move(hand_in)) {
  threads_.reserve(threads);
  try {
    for (std::size_t i = 1; i < threads; ++i) threads_.emplace_back([this] { work(); });
  } catch (const std::exception&) {
    // No more threads can be had; the caller works along in any case.
  }
}

FileCrew::~FileCrew() {
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

Status FileCrew::add(std::int64_t record_count, Work work) {
  auto job = std::make_shared<Job>();
  job->work = std::move(work);
  job->record_count = record_count;
  std::unique_lock lock(mutex_);
  TRY(hand_in_done());
  while (!has_room_for(record_count)) {
    help(lock);
    TRY(hand_in_done());
  }
  record_count_ += record_count;
  jobs_.push_back(std::move(job));
  changed_.notify_all();
  return {};
}

Status FileCrew::finish() {
  std::unique_lock lock(mutex_);
  TRY(hand_in_done());
  while (!jobs_.empty()) {
    help(lock);
    TRY(hand_in_done());
  }
  return {};
}

bool FileCrew::has_room_for(std::int64_t record_count) const {
  if (jobs_.empty()) return true;
  return jobs_.size() < jobs_max_ && record_count_ + record_count <= kRecordsAheadMax;
}

void FileCrew::help(std::unique_lock<std::mutex>& lock) {
  if (next_ < jobs_.size()) return do_next(lock, desk_);
  changed_.wait(lock, [this] { return jobs_.front()->is_done; });
}

void FileCrew::do_next(std::unique_lock<std::mutex>& lock, FileDesk& desk) {
  const std::shared_ptr<Job> job = jobs_[next_++];
  lock.unlock();
  Status status = job->work(desk, job->report);
  job->work = nullptr;  // what it holds is not needed any more
  lock.lock();
  job->status = std::move(status);
  job->is_done = true;
  changed_.notify_all();
}

Status FileCrew::hand_in_done() {
  while (!jobs_.empty() && jobs_.front()->is_done) {
    Job& job = *jobs_.front();
    if (!job.status.ok()) {
      is_closing_ = true;
      return std::move(job.status);
    }
    hand_in_(std::move(job.report));
    record_count_ -= job.record_count;
    jobs_.pop_front();
    --next_;
  }
  return {};
}

void FileCrew::work() {
  FileDesk desk;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return is_closing_ || next_ < jobs_.size(); });
    if (is_closing_) return;
    do_next(lock, desk);
  }
}

}  // namespace sparkify
