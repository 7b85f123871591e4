#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/result.h"
#include "base/stop_flag.h"
#include "warehouse/warehouse.h"

namespace sparkify {

/// While it lives, a stop request interrupts the warehouse's statements: SQL over a large group, or
/// a lock of somebody else's, may take longer than anybody wants to wait.
class Interruption {
 public:
  /// `patience`: how long what runs may still take once a stop was asked for.
  Interruption(Warehouse& warehouse, const StopFlag& stop,
               std::chrono::milliseconds patience = std::chrono::milliseconds(0));
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

 private:
  void watch(Warehouse& warehouse);

  const StopFlag& stop_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  std::thread watcher_;
};

/// Runs `work`, a function, so that a stop request interrupts it, and turns a failure after such a
/// request into what it is: `stopped`. That nobody knows what a commit has done is still said.
template <typename Work>
auto run_interruptibly(Warehouse& warehouse, const StopFlag& stop, const Work& work)
    -> decltype(work()) {
  const Interruption interruption(warehouse, stop);
  auto result = work();
  if (!result.ok() && stop.is_set() && result.error().kind != ErrorKind::commit_unknown) {
    return make_error(ErrorKind::stopped, "stopped by a signal");
  }
  return result;
}

}  // namespace sparkify
