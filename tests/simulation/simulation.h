#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "databases.h"
#include "fault_plan.h"
#include "left_songs.h"
#include "pipeline/etl.h"
#include "simulated_store.h"
#include "simulated_time.h"
#include "simulated_warehouse.h"
#include "sql/sql_library.h"
#include "table_snapshot.h"
#include "warehouse/warehouse.h"
#include "world.h"

namespace sparkify::simulation {

/// What is wrong with a seed: nothing lost, nothing twice is a rule, as are the others.
struct Finding {
  enum class Kind { lost, doubled, differs, message, machinery } kind = Kind::differs;
  std::string text;
};

/// What came of a seed.
struct SeedOutcome {
  std::optional<Finding> finding;
  std::size_t runs = 0;
  std::size_t calls = 0;
  std::vector<std::string> journal;  ///< what went wrong, when
};

/// One seed: objects that come and change, some runs on which everything falls that the plan draws,
/// then undisturbed ones until all is loaded. After that the tables must be
///   - those of the same loads, done again without a fault, run by run (the contract: runs in
///   time);
///   - in a plain world, also those of one run over all that is there in the end;
///   - in others, where nothing changes, those of a run that nobody cuts off;
/// every object must be in the ledger once, and one more run must find nothing.
class Simulation {
 public:
  Simulation(std::uint64_t seed, Databases& databases, const SqlLibrary& sql);

  SeedOutcome run();

 private:
  /// A finding, or an error that says that the machinery itself has failed.
  using Check = Result<std::optional<Finding>>;

  Check simulate();
  Check disturbed_runs();
  Check run_to_the_end();
  Check compare_with_replay();
  Check compare_with_one_run();
  Check compare_cut_with_uncut();
  Check expect_all_loaded();
  Check expect_sound();
  Check expect_told(const RunSummary& summary);
  Check expect_late_songs(const RunSummary& summary, bool has_songs, bool has_no_note);
  RunSummary load(Warehouse& warehouse, SimulatedStore& store, const EtlOptions& options);
  static EtlOptions everything();
  EtlOptions drawn_options();

  SeedRandom random_;
  SimulatedTime time_;
  FaultPlan faults_;
  SimulatedStore store_;
  World world_;
  Databases& databases_;
  SimulatedWarehouse warehouse_;
  const SqlLibrary& sql_;
  SeedOutcome outcome_;
  LeftSongs left_songs_;  ///< when the run in question began
};

}  // namespace sparkify::simulation
