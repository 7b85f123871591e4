#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"
#include "generate/fault.h"
#include "source/object_store.h"

namespace sparkify {

/// What to generate. The same options give the same bytes on every machine.
struct GenerateOptions {
  std::uint64_t seed = 1;
  /// Log records, without the further ones that `duplicate` and `key_conflict` add; at most
  /// kEventsPerDayMax a day on the average.
  std::int64_t events = 10'000;
  std::int64_t users = 100;  ///< at most 10 million; at least 1 if there are events
  std::int64_t songs = 500;  ///< song records, each in a file of its own; at most 2 million
  std::int32_t days = 30;    ///< 1..36,525
  std::string start_date = "2018-11-01";
  /// Share of the plays whose song, artist and length equal a song record.
  double match_rate = 0.5;
  bool gzip = false;  ///< each file as `.json.gz`
  FaultRates faults;  ///< rates among the records or files that can have the fault
  /// The data comes in so many deliveries, 1..days; written is what comes, or is replaced, in one.
  std::int32_t deliveries = 1;
  std::int32_t delivery = 1;  ///< 1..deliveries
  std::size_t threads = 1;    ///< 1..256; they do not show in what is written
};

/// A day's file and events are held in memory, some 500 bytes for each event; those of several
/// days only where they are small.
inline constexpr std::int64_t kEventsPerDayMax = 2'000'000;

/// How far it is. Written by `generate`, read by whoever shows it.
struct GenerateProgress {
  std::atomic<std::int64_t> records{0};  ///< written: songs first, then events
  std::atomic<std::int64_t> bytes{0};
};

struct GenerateSummary {
  std::int64_t files = 0;   ///< truth.json included
  std::int64_t bytes = 0;   ///< of all files
  std::int64_t events = 0;  ///< log records written as the ETL counts them, bad ones included
  std::int64_t plays = 0;   ///< of those, the ones whose page is NextSong (before any fault)
  std::int64_t songs = 0;   ///< song records written, bad ones included
  std::map<FaultKind, std::int64_t> faults;  ///< kinds that occurred
};

/// Writes `log_data/YYYY/MM/YYYY-MM-DD-events.json` for each day that has events,
/// `song_data/A/B/C/TRABC....json` for each song (each with `.gz`, if asked for), and `truth.json`,
/// which tells what an ETL must make of them
/// that is run once after each delivery up to this one.
///
/// Errors  `usage`, before anything is written, when an option is outside its range; else what the
///         writer says.
/// Source  docs/generator.md. Safe from several threads at once, each with a writer of its own.
/// `writer` must be safe from several threads if `threads` is over 1.
Result<GenerateSummary> generate(const GenerateOptions& options, ObjectWriter& writer,
                                 GenerateProgress& progress);

}  // namespace sparkify
