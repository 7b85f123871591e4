#include "source/store_router.h"

#include <utility>
#include <vector>

#include "base/assert.h"

namespace sparkify {

namespace {

bool is_s3(std::string_view uri) { return uri.starts_with("s3://"); }

}  // namespace

ObjectStore& StoreRouter::store_of(const std::string& uri) {
  if (!is_s3(uri)) return *files_;
  SPARKIFY_ASSERT(s3_ != nullptr);
  return *s3_;
}

Status StoreRouter::make_s3_for(const std::string& location) {
  if (!is_s3(location) || s3_) return {};
  TRY_ASSIGN(s3_, make_s3_());
  return {};
}

Result<Listing> StoreRouter::list(const std::string& location) {
  TRY(make_s3_for(location));
  return store_of(location).list(location);
}

Result<Listing> StoreRouter::sample(const std::string& location, std::size_t names_max) {
  TRY(make_s3_for(location));
  return store_of(location).sample(location, names_max);
}

Result<std::unique_ptr<ByteStream>> StoreRouter::open(const ObjectInfo& object) {
  return store_of(object.uri).open(object);
}

std::unique_ptr<Announcement> StoreRouter::announce(std::span<const ObjectInfo> objects) {
  // Only what is far away is worth it.
  std::vector<ObjectInfo> far;
  for (const ObjectInfo& object : objects) {
    if (is_s3(object.uri)) far.push_back(object);
  }
  return far.empty() ? nullptr : s3_->announce(far);
}

Result<std::optional<ObjectInfo>> StoreRouter::look_again(const ObjectInfo& object) {
  return store_of(object.uri).look_again(object);
}

}  // namespace sparkify
