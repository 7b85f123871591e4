#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "load/ledger.h"
#include "load/reject_spool.h"
#include "pipeline/group_feed.h"
#include "pipeline/late_songs.h"
#include "pipeline/straight_load.h"
#include "report/run_summary.h"
#include "transform/star.h"

namespace sparkify {

struct GroupLoadOptions {
  bool keep_staging = false;
  std::optional<std::uint64_t> max_rejects;
  DecodeLimits decode;
  /// Groups of logs of at least so many bytes try the short way, where the warehouse likes it.
  std::uint64_t straight_bytes_min = std::uint64_t{4} << 20;
};

struct GroupLoadContext {
  ObjectStore& store;
  Warehouse& warehouse;
  const SqlLibrary& sql;
  const Ledger& ledger;
  const Star& star;
  Progress& progress;
  const StopFlag& stop;
  LateSongs& late_songs;  ///< is told what becomes of them
};

/// Applies groups of a run, each exactly once or not at all: rows, star, rejects, receipts and the
/// run's totals change in one transaction; with the run's last songs also the plays that have
/// waited for them. What was committed is added to the summary.
class GroupLoad {
 public:
  GroupLoad(GroupLoadOptions options, GroupLoadContext context, RunSummary& summary)
      : options_(options),
        context_(context),
        summary_(summary),
        straight_(context.warehouse, context.sql) {}

  /// Errors: `too_many_rejects`, `stopped`, the warehouse's; nothing of the group is committed
  /// then. `commit_unknown`, if not even the ledger could be asked.
  /// What the warehouse wants tried again is tried again, a bounded number of times.
  /// An object that cannot be read is left out, and named in the summary.
  Status apply(Group& group);

 private:
  using ObjectErrors = std::map<std::int32_t, Error>;  ///< by object_no

  /// What a group's transaction will have done if it is committed.
  struct Work {
    std::map<std::int32_t, ObjectCounts> counts;  ///< by object_no
    std::set<std::int32_t> left_out;              ///< failed objects, by object_no
    std::vector<FailedObject> failed;
    DriftCounts songs;  ///< of the run up to here
    DriftCounts logs;
    GroupTotals totals;
    std::int64_t records = 0;
    std::optional<std::int64_t> late_matches;
    bool has_matched_all = false;  ///< plays are held against the group's songs, too
  };

  /// Rows read by the warehouse itself; straight into the star (see straight_load.h); or staged by
  /// us and selected, which is open for every group.
  enum class Way { by_warehouse, straight, staged };

  Status apply_once(Group& group, const std::function<Result<bool>(Way)>& attempt);
  Result<bool> try_way(Way way, Group& group);
  std::vector<Way> ways_of(const Group& group);
  Status drop_applied(Transaction& transaction, Group& group);
  Result<std::set<std::int32_t>> applied_already(Transaction& transaction, const Group& group);
  Result<bool> fill(Transaction& transaction, Way way, Group& group, Work& work);
  Result<std::optional<std::int64_t>> fill_rows(Transaction& transaction, Way way, Group& group,
                                                Work& work);
  Result<std::optional<std::int64_t>> fill_staged(Transaction& transaction, Group& group,
                                                  RejectSpool& rejects, Work& work);
  Result<std::optional<std::int64_t>> fill_straight(Transaction& transaction, Group& group,
                                                    RejectSpool& rejects, Work& work);
  Result<std::optional<std::int64_t>> fill_by_warehouse(Transaction& transaction, Group& group,
                                                        Work& work);
  Result<std::string> oddity_of_plays(Transaction& transaction);
  void note_outcomes(std::span<const PlannedObject> objects, const GroupFeed& feed, Work& work,
                     ObjectErrors& errors) const;
  Status stage(Transaction& transaction, Group& group, RejectSpool& rejects, Work& work);
  Result<ObjectErrors> stage_objects(Transaction& transaction, DataKind kind,
                                     std::span<const PlannedObject> objects, RejectSpool& rejects,
                                     Work& work);
  Result<std::vector<PlannedObject>> look_again(Group& group, ObjectErrors& errors);
  Status discard(Transaction& transaction, DataKind kind, std::int32_t object_no);
  Status leave_out(Transaction& transaction, const Group& group, std::int32_t object_no,
                   const Error& error, Work& work);
  Result<bool> settle_conflicts(Transaction& transaction, const Group& group, RejectSpool& rejects);
  void drop_unreadable(Group& group, Work& work) const;
  Status write_rejects(Transaction& transaction, const Group& group, RejectSpool& rejects,
                       const Work& work);
  Status write_receipts(Transaction& transaction, Group& group, std::int64_t plays, Work& work);
  Result<std::int64_t> apply_star(Transaction& transaction, const Group& group, Work& work);
  Status match_late_songs(Transaction& transaction, Work& work);
  Status commit(std::unique_ptr<Transaction> transaction, const Group& group);

  GroupLoadOptions options_;
  GroupLoadContext context_;
  RunSummary& summary_;
  StraightLoad straight_;
  ObjectErrors unreadable_;  ///< of the group in work: could not be read a second time
};

}  // namespace sparkify
