#pragma once

#include <mutex>

namespace sparkify {

/// Says when a warehouse's session may be interrupted: not while it commits, and not while it is
/// exchanged for another.
class InterruptGate {
 public:
  /// Runs `interrupt`, if the gate is open. From any thread.
  template <typename Work>
  void pass(const Work& interrupt) {
    const std::lock_guard lock(mutex_);
    if (!is_shut_) interrupt();
  }

  /// Shuts the gate for as long as it lives; not one within another.
  class Shut {
   public:
    explicit Shut(InterruptGate& gate) : gate_(gate) { gate_.set(true); }
    ~Shut() { gate_.set(false); }
    Shut(const Shut&) = delete;
    Shut& operator=(const Shut&) = delete;

   private:
    InterruptGate& gate_;
  };

 private:
  void set(bool is_shut) {
    const std::lock_guard lock(mutex_);
    is_shut_ = is_shut;
  }

  std::mutex mutex_;
  bool is_shut_ = false;
};

}  // namespace sparkify
