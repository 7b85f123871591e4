#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "source/object_store.h"
#include "source/s3/s3_client.h"

namespace sparkify {

struct UploadLimits {
  std::size_t threads = 16;                               ///< PUTs at once
  std::uint64_t memory_bytes = std::uint64_t{128} << 20;  ///< one object may be more
};

/// Puts objects below a place in S3, many at once. `write` returns before the object is there;
/// `finish` waits for all.
class S3Writer : public ObjectWriter {
 public:
  /// `client` must outlive it.
  S3Writer(S3Client& client, S3Uri folder, UploadLimits limits);
  ~S3Writer() override;
  S3Writer(const S3Writer&) = delete;
  S3Writer& operator=(const S3Writer&) = delete;

  /// Errors, of this object or of one before it: the client's; source, if it is longer than S3
  /// takes in one PUT.
  Status write(std::string_view name, std::string_view bytes) override;
  Result<bool> write_if_allowed(std::string_view name, std::string_view bytes) override;
  Status remove(std::string_view name) override;
  Status finish() override;

 private:
  struct Change {
    S3Uri target;
    std::optional<std::string> bytes;  ///< none: the object goes
  };
  S3Uri target_of(std::string_view name) const;
  Status enqueue(Change change);
  Status carry_out(const Change& change);
  void work();
  void stop_threads();

  S3Client& client_;
  const S3Uri folder_;
  const UploadLimits limits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Change> waiting_;
  std::uint64_t used_bytes_ = 0;  ///< waiting and under way
  std::optional<Error> error_;    ///< the first one
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace sparkify
