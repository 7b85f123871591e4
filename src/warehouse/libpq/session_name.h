#pragma once

#include <string>
#include <string_view>

namespace sparkify::libpq {

/// What a run's sessions are called in pg_stat_activity: `sparkify PID@HOST STARTZ`, such as
/// `sparkify 4711@loader 20261122T203445Z`, at most 63 bytes. Others read from it who holds a lock.
std::string session_name();

/// Who such a name speaks of, for a message; the name as it is when it is no such name.
std::string describe_session(std::string_view name);

/// Whether such a name is of a process of this host that is no more. False where that cannot be
/// told.
bool is_of_dead_process(std::string_view name);

}  // namespace sparkify::libpq
