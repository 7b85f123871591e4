#include "generate/song_files.h"

#include "generate/record_file.h"

namespace sparkify {

SongFiles::SongFiles(std::uint64_t seed, const FaultDraw& faults, const Catalogue& catalogue,
                     const RecordText& texts, const DeliveryPlan& deliveries,
                     const DataWriter& writer)
    : seed_(seed),
      faults_(faults),
      catalogue_(catalogue),
      texts_(texts),
      deliveries_(deliveries),
      writer_(writer) {}

std::optional<FaultKind> SongFiles::fault_of(std::int32_t song_no) const {
  Random random(seed_, RandomPurpose::song_faults, static_cast<std::uint64_t>(song_no));
  return draw_fault(song_no, random);
}

std::optional<FaultKind> SongFiles::draw_fault(std::int32_t song_no, Random& random) const {
  const std::optional<FaultKind> fault = faults_.next(random);
  if (!fault || deliveries_.song_file(song_no).fault == FaultKind::utf16) return std::nullopt;
  switch (*fault) {
    case FaultKind::duplicate:
    case FaultKind::key_conflict:
    case FaultKind::encoded_again:
    case FaultKind::other_normal_form:
      return std::nullopt;  // they are of plays
    case FaultKind::same_line:
      return std::nullopt;  // one record fills the file
    case FaultKind::raw_utf8:
      return texts_.is_song_beyond_ascii(song_no) ? fault : std::nullopt;
    default:
      return fault;
  }
}

Status SongFiles::write(std::int32_t first, std::int32_t end, std::int32_t delivery, FileDesk& desk,
                        FileReport& report) const {
  for (std::int32_t song_no = first; song_no < end; ++song_no) {
    const FilePlan file = deliveries_.song_file(song_no);
    const auto arrival = file.arrival_in(delivery);
    if (arrival) TRY(write(song_no, file, *arrival, desk, report));
  }
  return {};
}

Status SongFiles::write(std::int32_t song_no, const FilePlan& file, FilePlan::Arrival arrival,
                        FileDesk& desk, FileReport& report) const {
  Random random(seed_, RandomPurpose::song_faults, static_cast<std::uint64_t>(song_no));
  RecordFile& text = desk.song_file;
  text.begin(writer_.name_of(catalogue_.song_file_name(song_no)));
  texts_.write_song(song_no, desk.object);
  if (arrival.form == FileForm::other_title) {
    std::string& title = desk.object.value_of("title");
    title.insert(title.size() - 1, " (Misprint)");
  }
  const std::optional<FaultKind> fault = draw_fault(song_no, random);
  if (fault) {
    report.faulty.push_back(text.add_faulty(*fault, RecordForm::song, desk.object, random));
  } else {
    text.add(desk.object);
  }
  return writer_.write(text, file, arrival, 1, report);
}

}  // namespace sparkify
