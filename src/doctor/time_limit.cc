#include "doctor/time_limit.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <thread>

namespace sparkify {

namespace {

constexpr std::chrono::milliseconds kLookEvery{50};

/// While it lives, what the warehouse does is interrupted once it takes too long.
class TimeLimit {
 public:
  TimeLimit(Warehouse& warehouse, const StopFlag& stop, std::chrono::milliseconds limit)
      : end_(std::chrono::steady_clock::now() + limit),
        watcher_([this, &warehouse, &stop] { watch(warehouse, stop); }) {}
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;
  ~TimeLimit() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    ended_.notify_all();
    watcher_.join();
  }

  bool has_passed() const { return std::chrono::steady_clock::now() >= end_; }

 private:
  void watch(Warehouse& warehouse, const StopFlag& stop) {
    std::unique_lock lock(mutex_);
    while (!over_) {
      if (stop.is_set() || has_passed()) warehouse.interrupt();
      ended_.wait_for(lock, kLookEvery);
    }
  }

  const std::chrono::steady_clock::time_point end_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  std::thread watcher_;
};

}  // namespace

Result<Rows> query_within(Warehouse& warehouse, std::string_view sql, const StopFlag& stop,
                          std::chrono::milliseconds limit) {
  const TimeLimit time(warehouse, stop, limit);
  auto rows = warehouse.query(sql);
  if (rows.ok()) return rows;
  if (stop.is_set()) return make_error(ErrorKind::stopped, "stopped by a signal");
  if (!time.has_passed()) return rows;
  return make_error(ErrorKind::database,
                    fmt::format("no answer within {} s; look at what the warehouse is busy with",
                                std::chrono::duration_cast<std::chrono::seconds>(limit).count()));
}

}  // namespace sparkify
