#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "warehouse/warehouse.h"

namespace sparkify::simulation {

/// Which of the tables' contents are compared.
enum class SnapshotScope {
  star,     ///< what users ask: the star's tables
  history,  ///< also what every run has loaded, rejected and counted; runs by their order
  whole,    ///< also the runs that loaded nothing, but for their times
};

/// The contents of the tables as text, every row a line, in an order that follows from the rows.
Result<std::string> snapshot(Warehouse& warehouse, SnapshotScope scope);

/// The first lines in which two texts differ.
std::string first_difference(const std::string& expected, const std::string& found);

/// A version of an object that a run has loaded.
struct LoadedVersion {
  std::int64_t run_id = 0;
  std::string uri;
  std::string etag;
};

/// What the ledger has, by run.
Result<std::vector<LoadedVersion>> loaded_versions(Warehouse& warehouse);

/// A run that has changed something.
struct PastRun {
  std::int64_t run_id = 0;
  bool has_matched_late = false;
};

Result<std::vector<PastRun>> past_runs(Warehouse& warehouse);

}  // namespace sparkify::simulation
