#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "load/ledger.h"
#include "load/plan.h"
#include "transform/star.h"

namespace sparkify {

/// The songs that no unmatched play was held against yet, as a run finds them and leaves them.
///
/// A run that ended amid its songs has left some. Who loads just the rest goes on as if both were
/// one run. Who applies anything else has to make up for it first: see
/// docs/decisions/0006-groups.md.
class LateSongs {
 public:
  LateSongs() = default;
  /// `run_id`: the last run that has left some, 0 if there is none.
  LateSongs(std::int64_t run_id, WaitingSongs left) : run_id_(run_id), left_(std::move(left)) {}

  std::int64_t run_id() const { return run_id_; }
  /// Whether plays can be held against them: when nothing of the rest is left, be it that a run of
  /// ours has applied it. Who does not find them leaves them to somebody who does.
  bool are_whole() const { return run_id_ != 0 && (is_ours_ || left_.are_listed); }
  /// Whether songs of this object are not the rest of what was left.
  bool is_apart(const std::string& uri) const {
    return run_id_ != 0 && !is_ours_ && (!left_.are_listed || uri < left_.last_uri);
  }
  /// A group of songs was applied by a run of ours; `is_matched`: and plays were held against all.
  void applied(std::int64_t run_id, bool is_matched) {
    run_id_ = is_matched ? 0 : run_id;
    is_ours_ = true;
  }
  void clear() { run_id_ = 0; }

 private:
  std::int64_t run_id_ = 0;
  WaitingSongs left_;
  bool is_ours_ = false;  ///< a run goes on, or has made up for what was left
};

/// Holds every unmatched play against all songs, and notes in the row of the run how many found
/// theirs; that number. Errors: the warehouse's, and those of Ledger::set_late_matches.
Result<std::int64_t> match_late_songs(Transaction& transaction, const Star& star,
                                      const Ledger& ledger, std::int64_t run_id);

}  // namespace sparkify
