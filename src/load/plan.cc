#include "load/plan.h"

#include <algorithm>

#include "base/assert.h"

namespace sparkify {

namespace {

constexpr double kTextBytesMax = 0x1p60;

/// A store may list any size, which no object has to have.
std::uint64_t text_bytes_of(const ObjectInfo& object, double expansion) {
  const double bytes = static_cast<double>(object.size_bytes) * expansion;
  return static_cast<std::uint64_t>(std::min(bytes, kTextBytesMax));
}

/// Adds the groups of one kind to a plan.
class GroupMaker {
 public:
  GroupMaker(Plan& plan, const GroupLimits& limits, DataKind kind, std::int32_t& object_no)
      : plan_(plan),
        limits_(limits),
        bytes_max_(kind == DataKind::songs ? limits.song_bytes_max : limits.log_bytes_max),
        kind_(kind),
        object_no_(object_no) {}

  void add(const ObjectInfo& object, LedgerMark mark) {
    switch (mark) {
      case LedgerMark::unchanged:
        ++plan_.unchanged_objects;
        return;
      case LedgerMark::fresh:
        ++plan_.fresh_objects;
        plan_.fresh_bytes += object.size_bytes;
        break;
      case LedgerMark::changed:
        ++plan_.changed_objects;
        plan_.changed_bytes += object.size_bytes;
        break;
    }
    const std::uint64_t text_bytes = text_bytes_of(object, limits_.expansion(object.uri));
    const bool full =
        open_ && (group_bytes_ > bytes_max_ || text_bytes > bytes_max_ - group_bytes_ ||
                  plan_.groups.back().objects.size() >= limits_.objects_max);
    if (!open_ || full) {
      plan_.groups.emplace_back().kind = kind_;
      open_ = true;
      group_bytes_ = 0;
    }
    group_bytes_ += text_bytes;
    plan_.groups.back().objects.push_back({object, kind_, ++object_no_});
  }

  void finish() {
    if (open_) plan_.groups.back().is_last_of_kind = true;
  }

 private:
  Plan& plan_;
  const GroupLimits& limits_;
  const std::uint64_t bytes_max_;
  DataKind kind_;
  std::int32_t& object_no_;
  std::uint64_t group_bytes_ = 0;
  bool open_ = false;
};

}  // namespace

Plan make_plan(const MarkedListing& songs, const MarkedListing& logs, const GroupLimits& limits) {
  Plan plan;
  std::int32_t object_no = 0;
  for (const auto& [kind, listing] :
       {std::pair<DataKind, const MarkedListing&>{DataKind::songs, songs},
        std::pair<DataKind, const MarkedListing&>{DataKind::logs, logs}}) {
    SPARKIFY_ASSERT(listing.objects.size() == listing.marks.size());
    GroupMaker maker(plan, limits, kind, object_no);
    for (std::size_t i = 0; i < listing.objects.size(); ++i) {
      maker.add(listing.objects[i], listing.marks[i]);
    }
    maker.finish();
  }
  return plan;
}

}  // namespace sparkify
