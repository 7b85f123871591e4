#include "pipeline/late_songs.h"

namespace sparkify {

Result<std::int64_t> match_late_songs(Transaction& transaction, const Star& star,
                                      const Ledger& ledger, std::int64_t run_id) {
  TRY_ASSIGN(const std::int64_t matched, star.match_late_songs(transaction));
  TRY(ledger.set_late_matches(transaction, run_id, matched));
  return matched;
}

}  // namespace sparkify
