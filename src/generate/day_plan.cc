#include "generate/day_plan.h"

#include <limits>
#include <utility>

namespace sparkify {

namespace {

constexpr double kShareOfCopiesToday = 0.6;
constexpr std::int64_t kCopyDistanceMax = 50;  // events
constexpr std::int64_t kConflictSecondsMax = 600;
constexpr std::int64_t kEndOfDay = std::numeric_limits<std::int64_t>::max();

bool is_copy(FaultKind kind) {
  return kind == FaultKind::duplicate || kind == FaultKind::key_conflict;
}

}  // namespace

DayPlanner::DayPlanner(std::uint64_t seed, const FaultDraw& faults, std::size_t user_count,
                       const RecordText& texts)
    : seed_(seed),
      faults_(faults),
      user_count_(static_cast<std::int32_t>(user_count)),
      texts_(texts),
      random_(seed, RandomPurpose::log_faults) {}

DayPlan DayPlanner::next(const std::vector<Event>& events, bool is_last_day) {
  start(events);
  place_left_copies(plan_.event_count);
  std::int64_t event_no = 0;
  for (const Event& event : events) {
    add_copies_due(event_no);
    add_event(event, event_no++);
  }
  add_copies_due(kEndOfDay);
  if (is_last_day) {
    place_left_copies(0);
    add_copies_due(kEndOfDay);
  }
  return end();
}

DayPlan DayPlanner::next_unread(const std::vector<Event>& events) {
  start(events);
  for (const Event& event : events) plan_.records.push_back({event, {}});
  return end();
}

void DayPlanner::start(const std::vector<Event>& events) {
  random_ = Random(seed_, RandomPurpose::log_faults, static_cast<std::uint64_t>(plan_.day_no));
  plan_.records.reserve(events.size());
  plan_.event_count = static_cast<std::int64_t>(events.size());
}

DayPlan DayPlanner::end() {
  DayPlan done = std::move(plan_);
  plan_ = {};
  plan_.day_no = done.day_no + 1;
  return done;
}

void DayPlanner::add_event(const Event& event, std::int64_t event_no) {
  const std::optional<FaultKind> fault = faults_.next(random_);
  if (!fault || !can_have(*fault, event)) {
    plan_.records.push_back({event, {}});
  } else if (is_copy(*fault)) {
    plan_.records.push_back({event, {}});
    plan_copy(*fault, event, event_no);
  } else {
    plan_.records.push_back({event, fault});
  }
}

bool DayPlanner::can_have(FaultKind kind, const Event& event) const {
  const auto& records = plan_.records;
  if (is_copy(kind)) return event.is_play();
  if (kind == FaultKind::bom) return records.empty();
  if (kind == FaultKind::raw_utf8) return texts_.holds_other_than_ascii(event);
  if (kind == FaultKind::encoded_again) return texts_.can_be_encoded_again(event);
  if (kind == FaultKind::other_normal_form) return texts_.has_other_normal_form(event);
  if (kind == FaultKind::same_line) return !records.empty() && !records.back().fault;
  return true;
}

void DayPlanner::plan_copy(FaultKind kind, Event event, std::int64_t event_no) {
  if (kind == FaultKind::key_conflict) {
    if (user_count_ > 1 && random_.chance(0.5)) {
      event.user_no = (event.user_no + 1) % user_count_;
    } else {
      event.ts_ms += random_.between(1, kConflictSecondsMax) * 1000;
    }
  }
  if (random_.chance(kShareOfCopiesToday)) {
    due_today_.emplace(event_no + random_.between(1, kCopyDistanceMax), Copy{kind, event});
  } else {
    due_later_.push_back(Copy{kind, event});
  }
}

void DayPlanner::add_copies_due(std::int64_t event_no) {
  while (!due_today_.empty() && due_today_.begin()->first <= event_no) {
    const Copy& copy = due_today_.begin()->second;
    plan_.records.push_back({copy.event, copy.kind});
    due_today_.erase(due_today_.begin());
  }
}

/// Spreads the copies that were left for a later day over this one.
void DayPlanner::place_left_copies(std::int64_t event_count) {
  for (const Copy& copy : due_later_) {
    due_today_.emplace(random_.between(0, event_count), copy);
  }
  due_later_.clear();
}

}  // namespace sparkify
