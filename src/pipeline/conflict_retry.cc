#include "pipeline/conflict_retry.h"

#include <fmt/format.h>

#include <chrono>
#include <random>

#include "base/log.h"
#include "base/time.h"

namespace sparkify {

namespace {

constexpr int kTriesMax = 6;
constexpr std::chrono::milliseconds kFirstPause{50};

void pause_before(int next_try) {
  const auto longest = kFirstPause * (1 << (next_try - 2));
  std::minstd_rand random(std::random_device{}());
  std::uniform_int_distribution<std::int64_t> share(longest.count() / 2, longest.count());
  sleep_for(std::chrono::milliseconds(share(random)));
}

}  // namespace

Status retry_conflicts(const StopFlag& stop, const std::function<Status()>& attempt) {
  for (int tries = 1;; ++tries) {
    const Status done = attempt();
    if (done.ok() || done.error().kind != ErrorKind::conflict) return done;
    if (stop.is_set()) return make_error(ErrorKind::stopped, "stopped by a signal");
    if (tries == kTriesMax) {
      return make_error(ErrorKind::conflict,
                        fmt::format("{} (tried {} times)", done.error().message, tries));
    }
    log_info(fmt::format("{}; trying this step again", done.error().message));
    pause_before(tries + 1);
  }
}

}  // namespace sparkify
