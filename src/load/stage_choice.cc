#include "load/stage_choice.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/byte_size.h"
#include "base/utf8.h"

namespace sparkify {

namespace {

constexpr std::uint64_t kMeanBytesMin = std::uint64_t{1} << 20;
constexpr std::uint64_t kBytesMax = std::uint64_t{1} << 30;

struct Sizes {
  std::uint64_t mean = 0;
  std::uint64_t largest = 0;
};

Sizes sizes_of(const Group& group) {
  Sizes sizes;
  for (const PlannedObject& object : group.objects) {
    sizes.mean += object.info.size_bytes;
    sizes.largest = std::max(sizes.largest, object.info.size_bytes);
  }
  if (!group.objects.empty()) sizes.mean /= group.objects.size();
  return sizes;
}

StageChoice by_size(const Group& group) {
  const Sizes sizes = sizes_of(group);
  if (sizes.largest > kBytesMax) {
    return {false, fmt::format("an object of {} would be read by one slice alone",
                               format_bytes(sizes.largest))};
  }
  if (sizes.mean < kMeanBytesMin) {
    return {false, fmt::format("its objects are of {} on average, and COPY is slow with objects "
                               "below {}",
                               format_bytes(sizes.mean), format_bytes(kMeanBytesMin))};
  }
  return {true, fmt::format("its objects are of {} on average", format_bytes(sizes.mean))};
}

}  // namespace

StageChoice choose_stage(StageMode mode, const Group& group, bool keeps_staging,
                         const Warehouse& warehouse) {
  if (mode == StageMode::compact) return {false, "as --stage says"};
  if (keeps_staging) return {false, "--keep-staging shows each record's place, which COPY hides"};
  const auto unreadable = std::find_if_not(
      group.objects.begin(), group.objects.end(),
      [&](const PlannedObject& object) { return warehouse.can_read(object.info); });
  if (unreadable != group.objects.end()) {
    return {false, "the warehouse cannot read " + printable(unreadable->info.uri) + " by itself"};
  }
  return mode == StageMode::direct ? StageChoice{true, "as --stage says"} : by_size(group);
}

}  // namespace sparkify
