#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "check/check.h"
#include "load/ledger.h"
#include "load/plan.h"
#include "record/drift.h"
#include "record/reject.h"

namespace sparkify {

/// An object that was listed but could not be loaded.
struct FailedObject {
  std::string uri;
  Error error;
};

/// One object's place in the plan, for --dry-run.
struct GroupPreview {
  DataKind kind = DataKind::logs;
  std::int64_t objects = 0;
  std::uint64_t bytes = 0;
  /// Where the warehouse could read the objects by itself: `direct` or `compact`, and why.
  std::string stage;
  std::string stage_reason;
};

/// A reject with its object's name.
struct ShownReject {
  std::string uri;
  Reject reject;
};

/// What a run did, for people and programs.
struct RunSummary {
  enum class Outcome { nothing_new, planned, done, failed };

  Outcome outcome = Outcome::nothing_new;
  std::string warehouse;
  std::int64_t run_id = 0;  ///< 0: no run was needed
  std::int64_t aborted_runs = 0;
  Plan plan;                        ///< its groups' objects are dropped; see `groups`
  std::int64_t late_songs_run = 0;  ///< when planned: which ended amid songs that plays wait for
  std::vector<GroupPreview> groups;
  std::vector<std::string> statements;  ///< that the run would send; for --dry-run --sql
  std::int64_t ignored_files = 0;
  std::int64_t groups_committed = 0;
  std::int64_t direct_groups = 0;       ///< of them, that the warehouse read by itself
  std::vector<std::string> not_direct;  ///< why others that it read were read again by us
  GroupTotals totals;
  std::int64_t records = 0;                  ///< of the loaded objects
  std::optional<std::int64_t> late_matches;  ///< also those that were noted in an earlier run's row
  std::vector<FailedObject> failed_objects;
  DriftCounts song_drift;
  DriftCounts log_drift;
  std::vector<CheckResult> checks;
  /// The first rejects of a group that went past --max-rejects.
  std::vector<ShownReject> first_rejects;
  /// Why the run stopped before its end. What was committed before stays.
  std::optional<Error> error;
  double seconds = 0;

  void add_late_matches(std::int64_t matched) { late_matches = late_matches.value_or(0) + matched; }
};

/// The summary for a person: what was found, what was done, whether it adds up.
std::string summary_text(const RunSummary& summary);

/// The summary as one JSON document; its `format` is "sparkify.etl/1".
std::string summary_json(const RunSummary& summary);

}  // namespace sparkify
