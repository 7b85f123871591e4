#pragma once

#include <optional>
#include <string>
#include <vector>

#include "generate/event.h"
#include "generate/expectation.h"
#include "generate/fault.h"
#include "generate/faulty_record.h"
#include "generate/file_crew.h"
#include "generate/generator.h"

namespace sparkify {

/// Keeps account of all that is written, and of what an ETL must make of it.
class Truth {
 public:
  /// Whatever was written; reports come in the order of the ETL.
  void add(FileReport&& report);
  /// A record that was written, or a file with a fault of its own.
  void add_song() { ++summary_.songs; }
  void add_event(const Event& event);
  void add_unreadable_log() { ++summary_.events; }
  void add_fault(FaultKind kind) { ++summary_.faults[kind]; }
  /// After each delivery: what must be so then.
  void add_expected(const ExpectedState& state) { expected_.push_back(state); }

  const GenerateSummary& summary() const { return summary_; }
  /// The text of truth.json.
  std::string to_json(const GenerateOptions& options) const;

 private:
  GenerateSummary summary_;
  std::vector<FaultyRecord> faulty_;  ///< at most kFaultyListedMax
  std::vector<FaultyFile> faulty_files_;
  std::vector<ExpectedState> expected_;  ///< by delivery
};

}  // namespace sparkify
