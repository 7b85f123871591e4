#pragma once

#include <atomic>
#include <cstdint>

namespace sparkify {

/// How far a run is. Written by the run's threads, read by whoever shows it.
struct Progress {
  std::atomic<std::uint64_t> bytes_total{0};  ///< of the objects to apply, as stored
  std::atomic<std::uint64_t> bytes_read{0};
  std::atomic<std::int64_t> records{0};
  std::atomic<std::int64_t> rejects{0};
  std::atomic<std::int64_t> groups_total{0};
  std::atomic<std::int64_t> groups_done{0};
};

}  // namespace sparkify
