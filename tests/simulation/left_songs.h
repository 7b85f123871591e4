#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "base/result.h"
#include "source/object_store.h"
#include "warehouse/warehouse.h"

namespace sparkify::simulation {

/// The songs that runs which ended amid them have left: no play was held against them yet. What the
/// next run has to do about it is computed here a second time, from the ledger and its listing.
class LeftSongs {
 public:
  static Result<LeftSongs> of(Warehouse& warehouse);

  bool is_empty() const { return left_.empty(); }
  /// Whether a run that found `listed` and has loaded songs has done just the rest: all that was
  /// left is there, and comes before these. If not, the plays have to be held against it first.
  Result<bool> has_just_the_rest(Warehouse& warehouse, std::int64_t run_id,
                                 const Listing& listed) const;
  /// Whether that has been done.
  Result<bool> are_made_up_for(Warehouse& warehouse) const;

 private:
  std::int64_t run_id_ = 0;                             ///< of the last of those runs
  std::set<std::pair<std::string, std::string>> left_;  ///< uri and ETag
};

}  // namespace sparkify::simulation
