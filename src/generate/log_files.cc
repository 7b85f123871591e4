#include "generate/log_files.h"

#include <utility>

namespace sparkify {

Status LogFiles::write(const DayPlan& plan, const FilePlan& file, FilePlan::Arrival arrival,
                       FileDesk& desk, FileReport& report) const {
  Random random(seed_, RandomPurpose::log_fault_texts, static_cast<std::uint64_t>(plan.day_no));
  RecordFile& text = desk.log_file;
  text.begin(writer_.name_of(first_day_.plus(plan.day_no).log_file_name()));
  for (const PlannedRecord& record : plan.records) {
    // One that is rejected for what came before it is to be listed, too.
    if (!record.fault && record.outcome != Outcome::rejected) {
      texts_.append_event(record.event, text.next_record());
    } else {
      add(record, random, desk, report);
    }
  }
  return writer_.write(text, file, arrival, plan.event_count, report);
}

void LogFiles::add(const PlannedRecord& record, Random& random, FileDesk& desk,
                   FileReport& report) const {
  const FaultKind kind = record.fault.value_or(FaultKind::key_conflict);
  texts_.write_event(record.event, desk.object);
  if (kind == FaultKind::encoded_again || kind == FaultKind::other_normal_form) {
    texts_.alter_song(kind, record.event, random, desk.object);
  }
  const RecordForm form = record.event.is_play() ? RecordForm::play : RecordForm::other_event;
  FaultyRecord faulty = desk.log_file.add_faulty(kind, form, desk.object, random);
  if (!is_bad_record(kind)) {
    const bool is_conflict = record.outcome == Outcome::rejected;
    faulty.outcome = record.outcome;
    faulty.reason = is_conflict ? to_string(FaultKind::key_conflict) : "";
    faulty.column = is_conflict ? "songplay_id" : "";
  }
  report.faulty.push_back(std::move(faulty));
}

}  // namespace sparkify
