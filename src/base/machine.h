#pragma once

#include <cstdint>
#include <string>

namespace sparkify {

/// What this process may use of the machine it runs on.
struct Machine {
  unsigned processors = 1;         ///< at least 1
  std::uint64_t memory_bytes = 0;  ///< 0: cannot be known
};

/// Asks the kernel, and the control groups that a container or a service runs in.
///
/// `root`    The directory that holds `proc` and `sys`; a test gives one of its own.
/// Returns   `processors`: those of our affinity mask, at most the CPU quota of our cgroup and of
///           each one above it, rounded up (v2 `cpu.max`, v1 `cpu.cfs_quota_us`). `memory_bytes`:
///           MemTotal, at most the limit of our cgroup and of each one above it (v2 `memory.max`,
///           v1 `memory.limit_in_bytes`). A file that is not there is no limit.
Machine read_machine(const std::string& root = "");

}  // namespace sparkify
