#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "generate/catalogue.h"
#include "generate/data_writer.h"
#include "generate/delivery_plan.h"
#include "generate/fault.h"
#include "generate/file_crew.h"
#include "generate/random.h"
#include "generate/record_text.h"

namespace sparkify {

/// The files of songs, one for each that has a record. Safe from several threads at once.
class SongFiles {
 public:
  /// What it is given must outlive it.
  SongFiles(std::uint64_t seed, const FaultDraw& faults, const Catalogue& catalogue,
            const RecordText& texts, const DeliveryPlan& deliveries, const DataWriter& writer);

  /// The fault that the song's record has; always the same.
  std::optional<FaultKind> fault_of(std::int32_t song_no) const;
  /// Writes what comes in `delivery` of the files of songs `first` to `end` - 1.
  Status write(std::int32_t first, std::int32_t end, std::int32_t delivery, FileDesk& desk,
               FileReport& report) const;

 private:
  /// `random`: the song's own, from the start.
  std::optional<FaultKind> draw_fault(std::int32_t song_no, Random& random) const;
  Status write(std::int32_t song_no, const FilePlan& file, FilePlan::Arrival arrival,
               FileDesk& desk, FileReport& report) const;

  const std::uint64_t seed_;
  const FaultDraw& faults_;
  const Catalogue& catalogue_;
  const RecordText& texts_;
  const DeliveryPlan& deliveries_;
  const DataWriter& writer_;
};

}  // namespace sparkify
