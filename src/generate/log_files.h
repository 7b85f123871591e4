#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/result.h"
#include "generate/catalogue.h"
#include "generate/data_writer.h"
#include "generate/day.h"
#include "generate/event.h"
#include "generate/fault.h"
#include "generate/json_object.h"
#include "generate/population.h"
#include "generate/random.h"
#include "generate/record_file.h"
#include "generate/truth.h"

namespace sparkify {

/// Writes the log files, one for each day that has records, with faults. All that is handed in
/// must outlive it.
class LogFiles {
 public:
  LogFiles(std::uint64_t seed, const FaultDraw& faults, const Population& population,
           const Catalogue& catalogue, Truth& truth, DataWriter& writer);

  /// Writes the file of `day`. Days come in order; behind the last one no copy stays due.
  Status write_day(Day day, const std::vector<Event>& events, bool is_last_day);

 private:
  /// A duplicate or a play with a taken key, to be written behind the play it is made of.
  struct Copy {
    FaultKind kind;
    Event event;
  };
  using Copies = std::multimap<std::int64_t, Copy>;  ///< by the number of events before

  void add_event(const Event& event, std::int64_t event_no);
  void add_faulty(FaultKind kind, const Event& event);
  void plan_copy(FaultKind kind, Event event, std::int64_t event_no);
  void add_copies_due(std::int64_t event_no);
  /// Spreads the copies that were left for a later day over this one.
  void place_left_copies(std::int64_t event_count);

  const FaultDraw& faults_;
  const Population& population_;
  const Catalogue& catalogue_;
  Truth& truth_;
  DataWriter& writer_;
  Random random_;
  RecordFile file_{JsonStyle::compact};
  JsonObject object_;
  Copies due_today_;
  std::vector<Copy> due_later_;
};

}  // namespace sparkify
