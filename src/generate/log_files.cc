#include "generate/log_files.h"

#include <limits>
#include <utility>

#include "generate/record_text.h"

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

LogFiles::LogFiles(std::uint64_t seed, const FaultDraw& faults, const Population& population,
                   const Catalogue& catalogue, Truth& truth, DataWriter& writer)
    : faults_(faults),
      population_(population),
      catalogue_(catalogue),
      truth_(truth),
      writer_(writer),
      random_(seed, RandomPurpose::log_faults) {}

Status LogFiles::write_day(Day day, const std::vector<Event>& events, bool is_last_day) {
  file_.begin(writer_.name_of(day.log_file_name()));
  place_left_copies(static_cast<std::int64_t>(events.size()));
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
  if (file_.is_empty()) return {};
  return writer_.write(file_.name(), file_.finish(), static_cast<std::int64_t>(events.size()));
}

void LogFiles::add_event(const Event& event, std::int64_t event_no) {
  const std::optional<FaultKind> fault = faults_.next(random_);
  if (fault && !is_copy(*fault) && file_.can_have(*fault)) return add_faulty(*fault, event);
  write_event(event, population_, catalogue_, object_);
  file_.add(object_);
  truth_.add_event(event, Outcome::loaded);
  if (fault && is_copy(*fault) && event.is_play()) plan_copy(*fault, event, event_no);
}

void LogFiles::add_faulty(FaultKind kind, const Event& event) {
  write_event(event, population_, catalogue_, object_);
  const RecordForm form = event.is_play() ? RecordForm::play : RecordForm::other_event;
  truth_.add_faulty(file_.add_faulty(kind, form, object_, random_));
  truth_.add_event(event, outcome_of(kind));
}

void LogFiles::plan_copy(FaultKind kind, Event event, std::int64_t event_no) {
  if (kind == FaultKind::key_conflict) {
    const auto user_count = static_cast<std::int32_t>(population_.count());
    if (user_count > 1 && random_.chance(0.5)) {
      event.user_no = (event.user_no + 1) % user_count;
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

void LogFiles::add_copies_due(std::int64_t event_no) {
  while (!due_today_.empty() && due_today_.begin()->first <= event_no) {
    const Copy copy = due_today_.begin()->second;
    due_today_.erase(due_today_.begin());
    add_faulty(copy.kind, copy.event);
  }
}

void LogFiles::place_left_copies(std::int64_t event_count) {
  for (const Copy& copy : due_later_) {
    due_today_.emplace(random_.between(0, event_count), copy);
  }
  due_later_.clear();
}

}  // namespace sparkify
