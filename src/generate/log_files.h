#pragma once

#include <cstdint>

#include "base/result.h"
#include "generate/data_writer.h"
#include "generate/day.h"
#include "generate/day_plan.h"
#include "generate/delivery_plan.h"
#include "generate/file_crew.h"
#include "generate/record_text.h"

namespace sparkify {

/// The log files, one for each day. Safe from several threads at once.
class LogFiles {
 public:
  /// What it is given must outlive it.
  LogFiles(std::uint64_t seed, Day first_day, const RecordText& texts, const DataWriter& writer)
      : seed_(seed), first_day_(first_day), texts_(texts), writer_(writer) {}

  /// Writes the file of a day as it was planned, in the form in which it comes.
  Status write(const DayPlan& plan, const FilePlan& file, FilePlan::Arrival arrival, FileDesk& desk,
               FileReport& report) const;

 private:
  void add(const PlannedRecord& record, Random& random, FileDesk& desk, FileReport& report) const;

  const std::uint64_t seed_;
  const Day first_day_;
  const RecordText& texts_;
  const DataWriter& writer_;
};

}  // namespace sparkify
