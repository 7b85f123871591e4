#include "pipeline/interruption.h"

namespace sparkify {

namespace {
constexpr std::chrono::milliseconds kLookEvery{50};
}

Interruption::Interruption(Warehouse& warehouse, const StopFlag& stop,
                           std::chrono::milliseconds patience)
    : stop_(stop), patience_(patience), watcher_([this, &warehouse] { watch(warehouse); }) {}

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
  std::chrono::milliseconds waited{0};
  while (!over_) {
    if (stop_.is_set()) {
      if (waited >= patience_) warehouse.interrupt();
      waited += kLookEvery;
    }
    ended_.wait_for(lock, kLookEvery);
  }
}

}  // namespace sparkify
