#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/result.h"

namespace sparkify {

/// What several threads that work together share: whether one has failed, and how.
class SharedOutcome {
 public:
  bool is_over() const { return is_over_; }
  void fail(Error error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);  // the first: others fail for its sake
    is_over_ = true;
  }
  Status status() const { return error_ ? Status(*error_) : Status(); }

 private:
  std::atomic<bool> is_over_{false};
  std::mutex mutex_;
  std::optional<Error> error_;
};

/// Threads that end by themselves and are waited for, also by who leaves with an exception: where
/// no memory is left, a thread that nobody waits for would end the program without a word.
class JoinedThreads {
 public:
  JoinedThreads() = default;
  ~JoinedThreads() {
    for (std::thread& thread : threads_) thread.join();
  }
  JoinedThreads(const JoinedThreads&) = delete;
  JoinedThreads& operator=(const JoinedThreads&) = delete;

  template <typename... Arguments>
  void start(Arguments&&... arguments) {
    threads_.emplace_back(std::forward<Arguments>(arguments)...);
  }

 private:
  std::vector<std::thread> threads_;
};

/// Runs `work(0)` to `work(threads - 1)` at the same time, the first on this thread; returns when
/// all are done.
inline void run_on_threads(std::size_t threads, const std::function<void(std::size_t)>& work) {
  JoinedThreads others;
  for (std::size_t i = 1; i < threads; ++i) others.start(work, i);
  work(0);
}

}  // namespace sparkify
