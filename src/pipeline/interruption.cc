#include "pipeline/interruption.h"

#include <chrono>

namespace sparkify {

namespace {
constexpr std::chrono::milliseconds kLookEvery{50};
}

Interruption::Interruption(Warehouse& warehouse, const StopFlag& stop)
    : stop_(stop), watcher_([this, &warehouse] { watch(warehouse); }) {}

Interruption::~Interruption() {
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  ended_.notify_all();
  watcher_.join();
}

void Interruption::watch(Warehouse& warehouse) {
  std::unique_lock lock(mutex_);
  while (!over_) {
    if (stop_.is_set()) warehouse.interrupt();
    ended_.wait_for(lock, kLookEvery);
  }
}

}  // namespace sparkify
