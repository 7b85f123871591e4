#include "pipeline/straight_load.h"

#include <algorithm>

#include "base/log.h"
#include "base/time.h"
#include "transform/time_rows.h"

namespace sparkify {

namespace {

/// Some 200 bytes each in memory.
constexpr std::size_t kSongsMax = 1'000'000;
/// Rows of the warehouse that are looked at here; more are better joined by it.
constexpr std::int64_t kKnownMax = 2'000'000;
constexpr std::int64_t kMicrosInMilli = 1000;

/// The integers of a one-column result, sorted.
Result<std::optional<std::vector<std::int64_t>>> read_known(Warehouse& warehouse,
                                                            std::string_view sql, Value from,
                                                            Value to) {
  struct Collector : RowVisitor {
    std::vector<std::int64_t> numbers;
    Status begin(const std::vector<ResultColumn>& /*columns*/) override { return {}; }
    Status row(const Row& row) override {
      numbers.push_back(std::stoll(row[0].text));
      return {};
    }
  } known;
  TRY(warehouse.read_committed(sql, {std::move(from), std::move(to), kKnownMax + 1}, known));
  if (known.numbers.size() > static_cast<std::size_t>(kKnownMax)) {
    return std::optional<std::vector<std::int64_t>>();
  }
  std::sort(known.numbers.begin(), known.numbers.end());
  return std::optional(std::move(known.numbers));
}

bool have_common(const std::vector<std::int64_t>& a, const std::vector<std::int64_t>& b) {
  auto left = a.begin();
  auto right = b.begin();
  while (left != a.end() && right != b.end()) {
    if (*left == *right) return true;
    if (*left < *right) {
      ++left;
    } else {
      ++right;
    }
  }
  return false;
}

}  // namespace

bool StraightLoad::is_worthwhile(std::uint64_t group_bytes, std::uint64_t bytes_min) {
  return warehouse_.prefers_straight_rows() && group_bytes >= bytes_min && has_songs_ != false;
}

Result<std::optional<StraightLoad::Loaded>> StraightLoad::load(Transaction& transaction,
                                                               GroupFeed& feed) {
  if (session_number_ != warehouse_.session_number()) has_songs_.reset();
  if (!has_songs_) {
    session_number_ = warehouse_.session_number();
    TRY_ASSIGN(has_songs_, songs_.fill(warehouse_, sql_, kSongsMax));
    if (!*has_songs_) return std::optional<Loaded>();
  }
  PlayStream plays(feed, songs_);
  TRY(transaction.stage(plays));
  const bool has_failed =
      std::any_of(feed.outcomes().begin(), feed.outcomes().end(),
                  [](const ObjectOutcome& outcome) { return outcome.error.has_value(); });
  if (has_failed) return std::optional<Loaded>();
  TRY_ASSIGN(const bool all_new, are_new(plays.take_play_ids()));
  if (!all_new) return std::optional<Loaded>();
  TRY_ASSIGN(auto times, new_times(plays.take_start_times()));
  if (!times) return std::optional<Loaded>();
  TimeRows time_rows(*std::move(times));
  TRY(transaction.stage(time_rows));
  BatchList unmatched(unmatched_songplays_schema(), plays.take_unmatched());
  TRY(transaction.stage(unmatched));
  MemoryBatchSource users(plays.take_users());
  TRY(transaction.stage(users));
  return std::optional(Loaded{plays.play_count(), plays.event_counts()});
}

Result<bool> StraightLoad::are_new(const std::vector<std::int64_t>& play_ids) {
  if (play_ids.empty()) return true;
  if (std::adjacent_find(play_ids.begin(), play_ids.end()) != play_ids.end()) return false;
  TRY_ASSIGN(const auto known, read_known(warehouse_, sql_.get("straight/known_plays"),
                                          play_ids.front(), play_ids.back()));
  return known && !have_common(play_ids, *known);
}

Result<std::optional<std::vector<std::int64_t>>> StraightLoad::new_times(
    std::vector<std::int64_t> start_times) {
  if (start_times.empty()) return std::optional(std::move(start_times));
  TRY_ASSIGN(const auto known,
             read_known(warehouse_, sql_.get("straight/known_times"),
                        format_time(start_times.front()), format_time(start_times.back())));
  if (!known) return std::optional<std::vector<std::int64_t>>();
  if (known->empty()) return std::optional(std::move(start_times));
  auto next_known = known->begin();
  std::erase_if(start_times, [&](std::int64_t micros) {
    const std::int64_t milli = micros / kMicrosInMilli;
    while (next_known != known->end() && *next_known < milli) ++next_known;
    return next_known != known->end() && *next_known == milli;
  });
  return std::optional(std::move(start_times));
}

}  // namespace sparkify
