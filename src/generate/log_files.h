#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "generate/data_writer.h"
#include "generate/day_plan.h"
#include "generate/file_crew.h"
#include "generate/record_text.h"

namespace sparkify {

/// Makes the text of a log file as it was planned, faults included, and writes it. Depends on
/// nothing else, so it may be done on any thread and at any time.
Status write_log_file(std::uint64_t seed, const DayPlan& plan, std::string name,
                      const RecordText& texts, const DataWriter& writer, FileDesk& desk,
                      FileReport& report);

}  // namespace sparkify
