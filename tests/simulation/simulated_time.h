#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/time.h"
#include "seed_random.h"

namespace sparkify::simulation {

/// A clock that nobody waits for: it goes on a little whenever it is asked, sleeping moves it, and
/// the time of day may jump, back too.
class SimulatedTime : public TimeSource {
 public:
  std::int64_t now_micros() override { return day_micros_ += kStepMicros; }
  double monotonic_seconds() override {
    constexpr double kMicrosInSecond = 1e6;
    return static_cast<double>(run_micros_ += kStepMicros) / kMicrosInSecond;
  }
  void sleep(std::chrono::milliseconds time) override {
    const std::int64_t micros = std::chrono::microseconds(time).count();
    day_micros_ += micros;
    run_micros_ += micros;
  }
  /// Up to a day forward or back, as when somebody sets it.
  void jump(SeedRandom& random) {
    constexpr std::size_t kDayMs = 86'400'000;
    constexpr std::int64_t kMicrosInMilli = 1000;
    const auto ms = static_cast<std::int64_t>(random.below(2 * kDayMs));
    day_micros_ += (ms - static_cast<std::int64_t>(kDayMs)) * kMicrosInMilli;
  }

 private:
  static constexpr std::int64_t kStepMicros = 1000;
  static constexpr std::int64_t kStartMicros = 1'541'121'934'796'000;
  std::atomic<std::int64_t> day_micros_{kStartMicros};
  std::atomic<std::int64_t> run_micros_{0};
};

}  // namespace sparkify::simulation
