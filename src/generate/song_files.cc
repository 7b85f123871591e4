#include "generate/song_files.h"

#include "generate/record_file.h"

namespace sparkify {

SongFiles::SongFiles(std::uint64_t seed, const FaultDraw& faults, const Catalogue& catalogue,
                     const RecordText& texts, const DataWriter& writer)
    : seed_(seed), faults_(faults), catalogue_(catalogue), texts_(texts), writer_(writer) {}

std::optional<FaultKind> SongFiles::fault_of(std::int32_t song_no) const {
  Random random(seed_, RandomPurpose::song_faults, static_cast<std::uint64_t>(song_no));
  return draw_fault(random);
}

std::optional<FaultKind> SongFiles::draw_fault(Random& random) const {
  const std::optional<FaultKind> fault = faults_.next(random);
  // One record fills the file, and it is no play.
  const bool is_possible = fault != FaultKind::duplicate && fault != FaultKind::key_conflict &&
                           fault != FaultKind::same_line;
  return is_possible ? fault : std::nullopt;
}

Status SongFiles::write(std::int32_t first, std::int32_t end, FileDesk& desk,
                        FileReport& report) const {
  for (std::int32_t song_no = first; song_no < end; ++song_no) {
    Random random(seed_, RandomPurpose::song_faults, static_cast<std::uint64_t>(song_no));
    RecordFile& file = desk.song_file;
    file.begin(writer_.name_of(catalogue_.song_file_name(song_no)));
    texts_.write_song(song_no, desk.object);
    const std::optional<FaultKind> fault = draw_fault(random);
    if (fault) {
      report.faulty.push_back(file.add_faulty(*fault, RecordForm::song, desk.object, random));
    } else {
      file.add(desk.object);
    }
    TRY(writer_.write(file.name(), file.finish(), 1, report));
  }
  return {};
}

}  // namespace sparkify
