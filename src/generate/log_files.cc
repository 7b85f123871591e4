#include "generate/log_files.h"

#include <utility>

namespace sparkify {

Status write_log_file(std::uint64_t seed, const DayPlan& plan, std::string name,
                      const RecordText& texts, const DataWriter& writer, FileDesk& desk,
                      FileReport& report) {
  Random random(seed, RandomPurpose::log_fault_texts, static_cast<std::uint64_t>(plan.day_no));
  RecordFile& file = desk.log_file;
  file.begin(std::move(name));
  for (const PlannedRecord& record : plan.records) {
    if (!record.fault) {
      texts.append_event(record.event, file.next_record());
      continue;
    }
    texts.write_event(record.event, desk.object);
    const RecordForm form = record.event.is_play() ? RecordForm::play : RecordForm::other_event;
    report.faulty.push_back(file.add_faulty(*record.fault, form, desk.object, random));
  }
  return writer.write(file.name(), file.finish(), plan.event_count, report);
}

}  // namespace sparkify
