#pragma once

#include <memory>
#include <string>

#include "base/stop_flag.h"
#include "source/object_store.h"
#include "source/s3/s3_client.h"
#include "source/s3/s3_fetcher.h"

namespace sparkify {

/// Objects of S3, or of a server that speaks its language. Locations are `s3://BUCKET/KEY`; an
/// object's uri is `s3://BUCKET/` and its key as it is; its etag is S3's, without quotes.
class S3Store : public ObjectStore {
 public:
  /// What it is given must outlive it.
  S3Store(S3Client& client, FetchLimits limits, const StopFlag& stop)
      : client_(client), fetcher_(client, limits, stop), stop_(stop) {}

  Result<Listing> list(const std::string& location) override;
  Result<Listing> sample(const std::string& location, std::size_t names_max) override;
  Result<std::unique_ptr<ByteStream>> open(const ObjectInfo& object) override;
  std::unique_ptr<Announcement> announce(std::span<const ObjectInfo> objects) override;
  Result<std::optional<ObjectInfo>> look_again(const ObjectInfo& object) override;

 private:
  S3Client& client_;
  S3Fetcher fetcher_;
  const StopFlag& stop_;
};

}  // namespace sparkify
