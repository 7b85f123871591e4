#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "generate/event.h"
#include "generate/fault.h"
#include "generate/faulty_record.h"
#include "generate/random.h"
#include "generate/record_text.h"

namespace sparkify {

/// A record that is to be written.
struct PlannedRecord {
  Event event;
  std::optional<FaultKind> fault;
  Outcome outcome = Outcome::loaded;
};

/// What the log file of a day will hold, in order.
struct DayPlan {
  std::int32_t day_no = 0;
  std::int64_t event_count = 0;  ///< without copies
  std::vector<PlannedRecord> records;
};

/// Plans the log files: which record gets which fault, and where copies of plays go.
class DayPlanner {
 public:
  /// What is handed in must outlive it.
  DayPlanner(std::uint64_t seed, const FaultDraw& faults, std::size_t user_count,
             const RecordText& texts);

  /// Plans the next day. Days come in order, since some copies are due on a later one; behind the
  /// last one no copy stays due.
  DayPlan next(const std::vector<Event>& events, bool is_last_day);
  /// Plans the next day, of which the ETL will read nothing: no faults, no copies of or in it.
  DayPlan next_unread(const std::vector<Event>& events);

 private:
  /// A duplicate or a play with a taken key, to be written behind the play it is made of.
  struct Copy {
    FaultKind kind;
    Event event;
  };

  void start(const std::vector<Event>& events);
  DayPlan end();
  void add_event(const Event& event, std::int64_t event_no);
  bool can_have(FaultKind kind, const Event& event) const;
  void plan_copy(FaultKind kind, Event event, std::int64_t event_no);
  void add_copies_due(std::int64_t event_no);
  void place_left_copies(std::int64_t event_count);

  const std::uint64_t seed_;
  const FaultDraw& faults_;
  const std::int32_t user_count_;
  const RecordText& texts_;
  Random random_;
  DayPlan plan_;
  std::multimap<std::int64_t, Copy> due_today_;  ///< by the number of the event they stand before
  std::vector<Copy> due_later_;
};

}  // namespace sparkify
