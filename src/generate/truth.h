#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "generate/catalogue.h"
#include "generate/event.h"
#include "generate/fault.h"
#include "generate/generator.h"

namespace sparkify {

/// What the ETL must do with a record.
enum class Outcome { loaded, duplicate, rejected };

/// A record with a fault: where it is and what the ETL must say of it.
struct FaultyRecord {
  FaultKind kind = FaultKind::bad_json;
  Outcome outcome = Outcome::loaded;
  std::string file;
  std::int64_t record_no = 0;    ///< from 1
  std::int64_t line = 0;         ///< from 1, of the record's first byte
  std::int64_t byte_offset = 0;  ///< from 0, BOM included
  std::string_view column;       ///< of a reject; empty: none
  std::string_view key;          ///< the key that nobody knows
};

/// The outcome of a record with this fault.
Outcome outcome_of(FaultKind kind);

/// Keeps account of all that is written, and of what the ETL must make of it if it loads all of it
/// in one run.
class Truth {
 public:
  Truth(std::size_t user_count, const Catalogue& catalogue);

  void add_file(std::size_t size_bytes);
  /// Songs come before events: whether a play matches depends on them.
  void add_song(std::int32_t song_no, Outcome outcome);
  /// Events come in the order in which the ETL applies them, good ones by time.
  void add_event(const Event& event, Outcome outcome);
  void add_faulty(FaultyRecord faulty);

  const GenerateSummary& summary() const { return summary_; }
  /// The text of truth.json.
  std::string to_json(const GenerateOptions& options) const;

 private:
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
