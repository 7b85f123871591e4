#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "load/ledger.h"
#include "load/reject_spool.h"
#include "pipeline/group_feed.h"
#include "report/run_summary.h"
#include "transform/star.h"

namespace sparkify {

struct GroupLoadOptions {
  bool keep_staging = false;
  std::optional<std::uint64_t> max_rejects;
  DecodeLimits decode;
};

struct GroupLoadContext {
  ObjectStore& store;
  Warehouse& warehouse;
  const SqlLibrary& sql;
  const Ledger& ledger;
  const Star& star;
  Progress& progress;
  const StopFlag& stop;
};

/// Applies groups of a run, each exactly once or not at all: rows, star, rejects, receipts and the
/// run's totals change in one transaction. What was committed is added to the summary.
class GroupLoad {
 public:
  GroupLoad(GroupLoadOptions options, GroupLoadContext context, RunSummary& summary)
      : options_(options), context_(context), summary_(summary) {}

  /// Errors: `too_many_rejects`, `stopped`, the warehouse's; nothing of the group is committed
  /// then. `commit_unknown`, if not even the ledger could be asked.
  /// An object that cannot be read is left out, and named in the summary.
  Status apply(Group& group);

 private:
  /// What a group's transaction will have done if it is committed.
  struct Work {
    std::vector<ObjectCounts> counts;  ///< as group.objects
    std::set<std::int32_t> left_out;   ///< failed objects, by object_no
    std::vector<FailedObject> failed;
    DriftCounts songs;  ///< of the run up to here
    DriftCounts logs;
    GroupTotals totals;
    std::int64_t records = 0;
  };

  Status drop_applied(Transaction& transaction, Group& group);
  Status fill(Transaction& transaction, Group& group, Work& work);
  Status stage(Transaction& transaction, const Group& group, RejectSpool& rejects, Work& work);
  Status leave_out(Transaction& transaction, const Group& group, std::int32_t object_no,
                   const Error& error, Work& work);
  Status settle_conflicts(Transaction& transaction, const Group& group, RejectSpool& rejects,
                          Work& work);
  Status write_rejects(Transaction& transaction, const Group& group, RejectSpool& rejects,
                       const Work& work);
  Status write_receipts(Transaction& transaction, Group& group, std::int64_t plays, Work& work);
  Status commit(std::unique_ptr<Transaction> transaction, const Group& group);

  GroupLoadOptions options_;
  GroupLoadContext context_;
  RunSummary& summary_;
};

}  // namespace sparkify
