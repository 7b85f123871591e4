#pragma once

#include <cstdint>

#include "load/ledger.h"
#include "transform/star.h"

namespace sparkify {

/// Holds every unmatched play against all songs, and notes in the row of `run_id`, the last run
/// that has loaded any of them, how many found theirs; that number. Errors: the warehouse's;
/// `database` when that row is gone.
Result<std::int64_t> match_late_songs(Transaction& transaction, const Star& star,
                                      const Ledger& ledger, std::int64_t run_id);

}  // namespace sparkify
