#pragma once

#include <cstdint>

#include "base/result.h"
#include "generate/catalogue.h"
#include "generate/data_writer.h"
#include "generate/fault.h"
#include "generate/truth.h"

namespace sparkify {

/// Writes a file for each song of `catalogue` that has a record, with faults.
Status write_song_files(std::uint64_t seed, const FaultDraw& faults, const Catalogue& catalogue,
                        Truth& truth, DataWriter& writer);

}  // namespace sparkify
