#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "record/batch.h"
#include "record/reject.h"

namespace sparkify {

/// Holds the rejects of a group until its objects are known to be whole: some in memory, the rest
/// in a file without a name, which goes with the process. Adding is safe from several threads;
/// reading begins when adding has ended.
class RejectSpool {
 public:
  static constexpr std::size_t kMemoryBytesMax = std::size_t{16} << 20;

  /// Errors: `source`, when there is no room for the file.
  Status add(std::span<const Reject> rejects);
  /// Forgets the rejects of these objects. Not while others add or read.
  Status drop(const std::set<std::int32_t>& object_nos);

  /// Goes over all rejects once, in no particular order. One reader at a time.
  class Reader {
   public:
    /// Starts at the first reject.
    explicit Reader(RejectSpool& spool);
    /// False when there are no more.
    Result<bool> next(Reject& reject);

   private:
    RejectSpool& spool_;
    std::size_t memory_index_ = 0;
    std::int64_t file_index_ = 0;
  };

 private:
  Status spill();

  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::mutex mutex_;
  std::vector<Reject> in_memory_;
  std::size_t memory_bytes_ = 0;
  std::unique_ptr<std::FILE, CloseFile> file_;
  std::int64_t spilled_count_ = 0;
};

}  // namespace sparkify
