#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "load/plan.h"
#include "record/drift.h"
#include "sql/sql_library.h"
#include "warehouse/warehouse.h"

namespace sparkify {

/// What the ledger tells when a run is planned.
struct RunState {
  std::int64_t next_run_id = 1;
  std::int64_t open_runs = 0;  ///< left open by a kill
  /// The last one whose songs no unmatched play was held against yet; 0: there is none.
  std::int64_t late_songs_run = 0;
};

/// What the ledger says of one run.
struct RunRow {
  std::string status;
  bool late_songs_matched = false;
  std::string started_at;  ///< as it was written
};

/// What a group adds to its run.
struct GroupTotals {
  std::int64_t objects = 0;
  std::int64_t bytes = 0;
  std::int64_t events = 0;
  std::int64_t songs = 0;
  std::int64_t plays = 0;
  std::int64_t duplicates = 0;
  std::int64_t rejects = 0;
};

/// What is written about an object when it is applied.
struct ObjectCounts {
  std::int64_t records = 0;
  std::int64_t decode_rejects = 0;
  /// Events that went straight into the star; none: the staged rows are there to be counted.
  std::optional<std::int64_t> staged;
};

/// The ledger: the tables in the warehouse that say what was applied, written in the transaction
/// that applies it. Errors are the warehouse's, unless said otherwise.
class Ledger {
 public:
  explicit Ledger(const SqlLibrary& sql) : sql_(sql) {}

  Result<RunState> run_state(Warehouse& warehouse) const;
  /// The same under the transaction's lock, if it has one: no other run can change it meanwhile.
  Result<RunState> run_state(Transaction& transaction) const;
  /// One mark for each listed object, which must be in byte order of uri. Errors: `usage` when one
  /// was loaded as data of the other kind.
  Result<MarkedListing> mark(Warehouse& warehouse, DataKind kind,
                             std::vector<ObjectInfo> listed) const;

  /// Marks runs that were left open as aborted, and opens a new one. `started_at`: by which it is
  /// known, as format_time gives it; a run of somebody else's may take the same id.
  Status begin_run(Transaction& transaction, std::int64_t run_id,
                   const std::string& started_at) const;
  Status abort_open_runs(Transaction& transaction) const;
  Status finish_run(Transaction& transaction, std::int64_t run_id, std::string_view status,
                    std::int64_t failed_objects) const;

  /// Puts the group's objects where SQL can see them, in place of what was there.
  Status put_objects(Transaction& transaction, std::span<const PlannedObject> objects,
                     std::span<const ObjectCounts> counts) const;
  /// Which of the group's objects (by object_no) the ledger has by now.
  Result<std::set<std::int32_t>> applied_meanwhile(Transaction& transaction) const;
  /// Writes the group's receipts and adds them to the run. Errors: `internal` when the counts of an
  /// object do not balance, `database` when the run's row is gone; then nothing may be committed.
  Result<GroupTotals> record_group(Transaction& transaction, std::int64_t run_id, DataKind kind,
                                   std::int64_t plays) const;
  /// Notes that all unmatched plays were held against the songs that are there; `matched` have one.
  Status set_late_matches(Transaction& transaction, std::int64_t run_id,
                          std::int64_t matched) const;
  /// Notes the same in the row of an earlier run, which ended before it came to it.
  Status add_late_matches(Transaction& transaction, std::int64_t run_id,
                          std::int64_t matched) const;
  /// Whether this run's receipt of `object` is there: the answer to an unknown commit.
  Result<bool> has_receipt(Warehouse& warehouse, std::int64_t run_id,
                           const ObjectInfo& object) const;
  /// The run's status and whether its late songs were matched; nothing if there is no such run.
  Result<std::optional<RunRow>> run_row(Warehouse& warehouse, std::int64_t run_id) const;
  /// Writes the run's drift, in place of what was written before.
  Status put_drift(Transaction& transaction, std::int64_t run_id, const DriftCounts& songs,
                   const DriftCounts& logs) const;

 private:
  const SqlLibrary& sql_;
};

}  // namespace sparkify
