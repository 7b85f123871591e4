#pragma once

#include <atomic>

namespace sparkify {

/// Whether somebody asked the program to stop, and by which signal. Set from a signal handler.
class StopFlag {
 public:
  void request(int signal_number) { signal_.store(signal_number); }
  /// Takes a request back, if it came by this signal.
  void forget(int signal_number) { signal_.compare_exchange_strong(signal_number, 0); }
  bool is_set() const { return signal_.load(std::memory_order_relaxed) != 0; }
  int signal_number() const { return signal_.load(); }

 private:
  std::atomic<int> signal_{0};
};

}  // namespace sparkify
