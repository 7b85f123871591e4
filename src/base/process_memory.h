#pragma once

namespace sparkify {

/// Keeps the memory of this process, which holds secrets, out of core dumps, and away from other
/// processes of the same user: no core file, no debugger, no /proc/PID/environ or mem but for root.
/// What it starts may be dumped again, but leaves no core files unless it asks for them.
void protect_process_memory();

}  // namespace sparkify
