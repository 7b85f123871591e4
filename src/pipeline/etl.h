#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/stop_flag.h"
#include "decode/object_decoder.h"
#include "load/stage_choice.h"
#include "pipeline/progress.h"
#include "report/run_summary.h"
#include "source/object_store.h"
#include "sql/sql_library.h"
#include "warehouse/warehouse.h"

namespace sparkify {

struct EtlOptions {
  std::vector<std::string> log_locations;
  std::vector<std::string> song_locations;
  bool dry_run = false;
  bool show_sql = false;  ///< with `dry_run`: also what would be sent
  bool keep_staging = false;
  StageMode stage = StageMode::automatic;  ///< for warehouses that can read the objects themselves
  std::optional<std::uint64_t> max_rejects;
  std::uint64_t group_bytes = std::uint64_t{256} << 20;
  /// Of logs, where the warehouse takes plays straight into the star.
  std::uint64_t straight_group_bytes = std::uint64_t{256} << 20;
  DecodeLimits decode;
  /// See GroupLoadOptions.
  std::uint64_t straight_bytes_min = std::uint64_t{4} << 20;
};

/// What a run works with. All of it must outlive the run.
struct EtlContext {
  ObjectStore& store;
  Warehouse& warehouse;
  const SqlLibrary& sql;
  Progress& progress;
  const StopFlag& stop;
};

/// The main job: list, plan against the ledger, then group by group, each in one transaction:
/// stage, transform, check, write the ledger. Running it again does what is left.
///
/// Always gives a summary of what was committed; its `error` says why the run ended early, its
/// `failed_objects` what was left out.
RunSummary run_etl(const EtlOptions& options, EtlContext context);

}  // namespace sparkify
