#pragma once

#include <functional>
#include <memory>
#include <string>

#include "source/object_store.h"

namespace sparkify {

/// Gives what concerns `s3://` to one store and all else to another. The S3 one is made when it is
/// first needed, so that a local job asks nobody for credentials.
class StoreRouter : public ObjectStore {
 public:
  using Make = std::function<Result<std::unique_ptr<ObjectStore>>()>;
  StoreRouter(std::unique_ptr<ObjectStore> files, Make make_s3)
      : files_(std::move(files)), make_s3_(std::move(make_s3)) {}

  Result<Listing> list(const std::string& location) override;
  Result<Listing> sample(const std::string& location, std::size_t names_max) override;
  Result<std::unique_ptr<ByteStream>> open(const ObjectInfo& object) override;
  std::unique_ptr<Announcement> announce(std::span<const ObjectInfo> objects) override;
  Result<std::optional<ObjectInfo>> look_again(const ObjectInfo& object) override;

 private:
  Status make_s3_for(const std::string& location);
  /// What was listed was listed by its store, so from then on the store is there.
  ObjectStore& store_of(const std::string& uri);

  std::unique_ptr<ObjectStore> files_;
  Make make_s3_;
  std::unique_ptr<ObjectStore> s3_;
};

}  // namespace sparkify
