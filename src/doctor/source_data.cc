#include "doctor/source_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "base/byte_size.h"
#include "base/utf8.h"

namespace sparkify {

namespace {

constexpr std::size_t kNamesMax = 5000;

/// The smallest object that is not empty: it is as good as any, and costs least.
const ObjectInfo& cheapest(const std::vector<ObjectInfo>& objects) {
  return *std::min_element(objects.begin(), objects.end(),
                           [](const ObjectInfo& a, const ObjectInfo& b) {
                             // Empty ones wrap around to the end.
                             return a.size_bytes - 1 < b.size_bytes - 1;
                           });
}

Finding judge_listing(const std::string& name, const std::string& location,
                      const Listing& listing) {
  const std::string shown = printable(location);
  if (listing.objects.empty()) {
    return doubtful(
        name,
        listing.is_sample ? fmt::format("{}: nothing to load among the first names there", shown)
                          : fmt::format("{}: nothing to load there, {} files of other kinds", shown,
                                        listing.ignored_count),
        "files are .json, .jsonl or .ndjson, each also with .gz, .zst or .bz2: check the place");
  }
  return fine(name, fmt::format("{}: {} {}{}", shown, listing.objects.size(),
                                listing.objects.size() == 1 ? "object" : "objects",
                                listing.is_sample ? ", and there is more" : ""));
}

Status read_beginning(ObjectStore& store, const ObjectInfo& object) {
  constexpr std::size_t kBytes = std::size_t{64} << 10;
  std::vector<char> buffer(kBytes);
  TRY_ASSIGN(const auto stream, store.open(object));
  TRY(stream->read(std::span<char>(buffer)));
  return {};
}

Finding check_reading(const std::string& name, const ObjectInfo& object, ObjectStore& store) {
  const Status status = read_beginning(store, object);
  if (status.ok()) {
    return fine(name,
                fmt::format("{} ({})", printable(object.uri), format_bytes(object.size_bytes)));
  }
  // Somebody is writing it just now.
  if (status.error().kind == ErrorKind::changed) return doubtful(name, status.error());
  return bad(name, status.error());
}

}  // namespace

SourceFindings check_source(const std::string& name, const std::string& location,
                            ObjectStore& store) {
  const std::string list = name + ".list";
  Finding not_read = not_looked_at(name + ".read", "nothing was listed");
  const auto listing = store.sample(location, kNamesMax);
  if (!listing.ok()) {
    return {bad(list, listing.error(), "check the place"), std::move(not_read),
            listing.error().kind != ErrorKind::config};
  }
  Finding listed = judge_listing(list, location, *listing);
  if (listing->objects.empty()) return {std::move(listed), std::move(not_read)};
  return {std::move(listed), check_reading(name + ".read", cheapest(listing->objects), store)};
}

}  // namespace sparkify
