#include "generate/song_files.h"

#include <optional>

#include "generate/json_object.h"
#include "generate/random.h"
#include "generate/record_file.h"
#include "generate/record_text.h"

namespace sparkify {

Status write_song_files(std::uint64_t seed, const FaultDraw& faults, const Catalogue& catalogue,
                        Truth& truth, DataWriter& writer) {
  Random random(seed, RandomPurpose::song_faults);
  RecordFile file(JsonStyle::spaced);
  JsonObject object;
  const auto song_count = static_cast<std::int32_t>(catalogue.known_count());
  for (std::int32_t song_no = 0; song_no < song_count; ++song_no) {
    file.begin(writer.name_of(catalogue.song_file_name(song_no)));
    write_song(song_no, catalogue, object);
    const std::optional<FaultKind> fault = faults.next(random);
    const bool is_of_plays = fault == FaultKind::duplicate || fault == FaultKind::key_conflict;
    if (fault && !is_of_plays && file.can_have(*fault)) {
      truth.add_faulty(file.add_faulty(*fault, RecordForm::song, object, random));
      truth.add_song(song_no, outcome_of(*fault));
    } else {
      file.add(object);
      truth.add_song(song_no, Outcome::loaded);
    }
    TRY(writer.write(file.name(), file.finish(), 1));
  }
  return {};
}

}  // namespace sparkify
