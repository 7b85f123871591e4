#include "source/s3/s3_store.h"

#include <fmt/format.h>

#include <utility>

#include "base/utf8.h"
#include "source/s3/s3_listing.h"

namespace sparkify {

namespace {

Result<Listing> with_keepable_names(Listing listing) {
  for (const ObjectInfo& object : listing.objects) {
    // The ledger keeps uris as text.
    if (is_utf8(object.uri) && object.uri.find('\0') == std::string::npos) continue;
    return make_error(ErrorKind::source,
                      fmt::format("{}: the key is not UTF-8, so the ledger cannot keep it; rename "
                                  "the object",
                                  printable(object.uri)));
  }
  return listing;
}

}  // namespace

Result<Listing> S3Store::list(const std::string& location) {
  TRY_ASSIGN(Listing listing, list_s3(client_, location, stop_));
  return with_keepable_names(std::move(listing));
}

Result<Listing> S3Store::sample(const std::string& location, std::size_t names_max) {
  TRY_ASSIGN(Listing listing, list_s3(client_, location, stop_, names_max));
  return with_keepable_names(std::move(listing));
}

Result<std::unique_ptr<ByteStream>> S3Store::open(const ObjectInfo& object) {
  return fetcher_.open(object);
}

std::unique_ptr<Announcement> S3Store::announce(std::span<const ObjectInfo> objects) {
  return fetcher_.announce(objects);
}

Result<std::optional<ObjectInfo>> S3Store::look_again(const ObjectInfo& object) {
  return client_.head(object.uri);
}

}  // namespace sparkify
