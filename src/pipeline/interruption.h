#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/result.h"
#include "base/stop_flag.h"
#include "warehouse/warehouse.h"

namespace sparkify {

/// While it lives, a stop request interrupts the warehouse's running statement: SQL over a large
/// group may take longer than anybody wants to wait. It must be gone before a commit.
class Interruption {
 public:
  Interruption(Warehouse& warehouse, const StopFlag& stop);
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

 private:
  void watch(Warehouse& warehouse);

  const StopFlag& stop_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  std::thread watcher_;
};

/// Turns a failure after a stop request into what it is.
template <typename T>
Result<T> explain_stop(const StopFlag& stop, Result<T> result) {
  if (!result.ok() && stop.is_set()) {
    return make_error(ErrorKind::stopped, "stopped by a signal");
  }
  return result;
}

}  // namespace sparkify
