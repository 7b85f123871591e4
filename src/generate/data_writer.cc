#include "generate/data_writer.h"

#include "base/gzip.h"
#include "generate/odd_encoding.h"

namespace sparkify {

Status DataWriter::write(RecordFile& file, const FilePlan& plan, FilePlan::Arrival arrival,
                         std::int64_t record_count, FileReport& report) const {
  // So that a wrong version has other bytes than the right one, whatever faults it has.
  if (arrival.form != FileForm::right) file.end_line();
  const std::string_view text = file.finish();
  if (plan.fault) {
    report.faulty_files.push_back(
        {*plan.fault, file.name(), arrival.version, to_string(arrival.form)});
  }
  if (plan.fault == FaultKind::utf16) {
    FaultyRecord all;
    all.kind = FaultKind::utf16;
    all.outcome = Outcome::rejected;
    all.file = file.name();
    all.record_no = all.line = 1;
    all.reason = reject_reason(plan.utf16);
    report.faulty.push_back(std::move(all));
    TRY(write_bytes(file.name(), in_utf16(text, plan.utf16), report));
  } else {
    TRY(write_bytes(file.name(), text, report));
  }
  progress_.records += record_count;
  return {};
}

Status DataWriter::write_bytes(std::string_view name, std::string_view text,
                               FileReport& report) const {
  const std::string packed = gzip_ ? gzip(text) : "";
  const std::string_view bytes = gzip_ ? packed : text;
  TRY(writer_.write(name, bytes));
  ++report.files;
  report.bytes += static_cast<std::int64_t>(bytes.size());
  progress_.bytes += static_cast<std::int64_t>(bytes.size());
  return {};
}

}  // namespace sparkify
