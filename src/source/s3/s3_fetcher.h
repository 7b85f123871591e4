#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "base/byte_stream.h"
#include "base/stop_flag.h"
#include "source/object_store.h"
#include "source/s3/s3_client.h"

namespace sparkify {

struct FetchLimits {
  std::size_t threads = 32;  ///< GETs at once
  /// Of what is fetched or being fetched and not yet read. A part that a reader waits for is
  /// fetched in any case.
  std::uint64_t memory_bytes = std::uint64_t{128} << 20;
  std::uint64_t part_bytes = std::uint64_t{8} << 20;  ///< of a long object; each is one GET
};

/// Fetches objects ahead of those who read them, many at once: whole ones if they are small, long
/// ones in parts. Objects are begun in the order in which they were announced.
///
/// Streams and announcements must go before the fetcher does.
class S3Fetcher {
 public:
  S3Fetcher(S3Client& client, FetchLimits limits, const StopFlag& stop);
  ~S3Fetcher();
  S3Fetcher(const S3Fetcher&) = delete;
  S3Fetcher& operator=(const S3Fetcher&) = delete;

  std::unique_ptr<Announcement> announce(std::span<const ObjectInfo> objects);
  std::unique_ptr<ByteStream> open(const ObjectInfo& object);

 private:
  struct Part;
  struct Download;
  class Stream;
  class Announced;
  using DownloadPtr = std::shared_ptr<Download>;
  struct Job {
    DownloadPtr download;  ///< null: there is nothing to do any more
    std::size_t index = 0;
  };

  void start_threads();
  void work();
  Job take_job();
  void fetch(const Job& job);
  Result<Part> wait_for(const DownloadPtr& download, std::size_t index);
  void cancel(Download& download);
  bool has_room(const Download& download) const;
  void begin(Download& download);
  void discharge(Download& download, std::size_t index);

  S3Client& client_;
  const FetchLimits limits_;
  const StopFlag& stop_;

  std::mutex mutex_;
  std::condition_variable work_;                  ///< there may be something to fetch
  std::condition_variable ready_;                 ///< a part has come, or failed
  std::deque<DownloadPtr> queue_;                 ///< with parts that nobody fetches yet
  std::deque<Job> urgent_;                        ///< what readers wait for and nobody fetches
  std::map<std::string, DownloadPtr> announced_;  ///< not opened yet, by uri
  std::uint64_t used_bytes_ = 0;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sparkify
