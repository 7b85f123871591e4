#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/result.h"
#include "generate/faulty_record.h"
#include "generate/json_object.h"
#include "generate/record_file.h"

namespace sparkify {

/// What each thread that makes files has for itself, and uses again for the next one.
struct FileDesk {
  RecordFile log_file{JsonStyle::compact};
  RecordFile song_file{JsonStyle::spaced};
  JsonObject object;
};

/// What was written by a job.
struct FileReport {
  std::int64_t files = 0;
  std::int64_t bytes = 0;
  std::vector<FaultyRecord> faulty;
  std::vector<FaultyFile> faulty_files;
};

/// Makes files on several threads, the caller's among them, and hands in the reports in the order
/// in which the jobs were added. Belongs to one thread.
class FileCrew {
 public:
  using Work = std::function<Status(FileDesk&, FileReport&)>;
  using HandIn = std::function<void(FileReport&&)>;

  /// `hand_in` is called on the caller's thread.
  FileCrew(std::size_t threads, HandIn hand_in);
  ~FileCrew();
  FileCrew(const FileCrew&) = delete;
  FileCrew& operator=(const FileCrew&) = delete;

  /// Adds a job that holds `record_count` records in memory. While as much is under way as may be,
  /// it works along or waits.
  /// Errors: the first, in the order of adding, that a job has ended with; it ends all.
  Status add(std::int64_t record_count, Work work);
  /// Waits until all is done. Errors: as `add`.
  Status finish();

 private:
  struct Job {
    Work work;
    std::int64_t record_count = 0;
    FileReport report;
    Status status;
    bool is_done = false;
  };
  bool has_room_for(std::int64_t record_count) const;
  /// Does something useful: works on the next job, or waits for one that is under way.
  void help(std::unique_lock<std::mutex>& lock);
  void do_next(std::unique_lock<std::mutex>& lock, FileDesk& desk);
  Status hand_in_done();
  void work();

  const std::size_t jobs_max_;
  const HandIn hand_in_;
  FileDesk desk_;  ///< of the caller's thread
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Job>> jobs_;  ///< not yet handed in
  std::size_t next_ = 0;                   ///< of jobs_, the first that nobody works on
  std::int64_t record_count_ = 0;          ///< of jobs_
  bool is_closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sparkify
