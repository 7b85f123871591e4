#include "base/time.h"

#include <fmt/format.h>

#include <atomic>
#include <thread>

namespace sparkify {

namespace {
std::atomic<TimeSource*> simulated{nullptr};
}

std::int64_t now_micros() {
  using namespace std::chrono;
  if (TimeSource* const source = simulated) return source->now_micros();
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

std::string format_time(std::int64_t micros) {
  using namespace std::chrono;
  const sys_time<microseconds> time{microseconds(micros)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<milliseconds>(time - day));
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

double monotonic_seconds() {
  using namespace std::chrono;
  if (TimeSource* const source = simulated) return source->monotonic_seconds();
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

void sleep_for(std::chrono::milliseconds time) {
  if (TimeSource* const source = simulated) return source->sleep(time);
  std::this_thread::sleep_for(time);
}

void use_time_source(TimeSource* source) { simulated = source; }

}  // namespace sparkify
