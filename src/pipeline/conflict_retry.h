#pragma once

#include <functional>

#include "base/result.h"
#include "base/stop_flag.h"

namespace sparkify {

/// Runs `attempt`, a whole transaction from its begin to its commit, and again as long as the
/// warehouse reports a `conflict` (a deadlock, a serialization failure): at most 6 times in all,
/// with a pause that doubles from 50 ms and varies by chance. A stop request ends the trying.
/// Returns what the last attempt gave; a conflict to the end says how often it was tried.
Status retry_conflicts(const StopFlag& stop, const std::function<Status()>& attempt);

}  // namespace sparkify
