#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "generate/catalogue.h"
#include "generate/event.h"
#include "generate/fault.h"
#include "generate/file_crew.h"
#include "generate/generator.h"

namespace sparkify {

/// Keeps account of all that is written, and of what the ETL must make of it if it loads all of it
/// in one run.
class Truth {
 public:
  Truth(std::size_t user_count, const Catalogue& catalogue);

  /// Whatever was written; reports come in the order of the ETL.
  void add(FileReport&& report);
  /// Songs come before events: whether a play matches depends on them.
  void add_song(std::int32_t song_no, std::optional<FaultKind> fault);
  /// Events come in the order in which the ETL applies them, good ones by time.
  void add_event(const Event& event, std::optional<FaultKind> fault);

  const GenerateSummary& summary() const { return summary_; }
  /// The text of truth.json.
  std::string to_json(const GenerateOptions& options) const;

 private:
  Outcome add_fault(std::optional<FaultKind> fault);
  void add_play(const Event& event);

  const Catalogue& catalogue_;
  GenerateSummary summary_;
  std::vector<FaultyRecord> faulty_;                  ///< at most kFaultyListedMax
  std::map<std::string_view, std::int64_t> rejects_;  ///< by reason
  std::vector<bool> has_event_;                       ///< by user
  std::vector<bool> has_song_;                        ///< by artist
  std::vector<bool> is_matchable_;                    ///< by first twin
  std::int64_t songs_loaded_ = 0;
  std::int64_t events_loaded_ = 0;
  std::int64_t plays_loaded_ = 0;
  std::int64_t plays_matched_ = 0;
  std::int64_t duplicates_ = 0;
  std::int64_t start_times_ = 0;
  std::int64_t last_start_ms_ = -1;
};

}  // namespace sparkify
