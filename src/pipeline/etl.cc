#include "pipeline/etl.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <utility>

#include "base/log.h"
#include "base/time.h"
#include "decode/decompress.h"
#include "load/ledger.h"
#include "pipeline/conflict_retry.h"
#include "pipeline/group_load.h"
#include "pipeline/interruption.h"
#include "pipeline/late_songs.h"
#include "pipeline/schema_guard.h"
#include "pipeline/settled_commit.h"
#include "pipeline/sql_recorder.h"
#include "transform/star.h"

namespace sparkify {

namespace {

constexpr std::string_view kRunning = "running";
constexpr std::chrono::seconds kClosingTime{3};

/// Every object is there, and holds nothing.
class EmptyStore : public ObjectStore {
 public:
  Result<Listing> list(const std::string& /*location*/) override { return Listing(); }
  Result<std::unique_ptr<ByteStream>> open(const ObjectInfo& /*object*/) override {
    struct Nothing : ByteStream {
      Result<std::size_t> read(std::span<char> /*buffer*/) override { return std::size_t{0}; }
    };
    return std::unique_ptr<ByteStream>(std::make_unique<Nothing>());
  }
};

/// One run, step by step. Decisions are made here; what they rest on is computed elsewhere.
class EtlRun {
 public:
  EtlRun(const EtlOptions& options, EtlContext context)
      : options_(options), context_(context), ledger_(context.sql), star_(context.sql) {
    summary_.warehouse = context.warehouse.display_name();
  }

  RunSummary run() {
    const double begin = monotonic_seconds();
    Status status = interruptibly([this] { return plan(); });
    if (status.ok() && !options_.dry_run) status = execute();
    if (status.ok() && options_.dry_run && options_.show_sql) status = write_down();
    if (!status.ok()) {
      const bool is_done = summary_.outcome == RunSummary::Outcome::done;
      if (!is_done) summary_.outcome = RunSummary::Outcome::failed;
      summary_.error = status.error();
    }
    summary_.seconds = monotonic_seconds() - begin;
    return std::move(summary_);
  }

 private:
  template <typename Work>
  auto interruptibly(const Work& work) -> decltype(work()) {
    return run_interruptibly(context_.warehouse, context_.stop, work);
  }
  Status plan();
  GroupPreview preview_of(Group& group) const;
  Result<MarkedListing> list(DataKind kind, const std::vector<std::string>& locations);
  Status expect_disjoint(const MarkedListing& songs, const MarkedListing& logs) const;
  bool any_group_is_apart() const;
  Status write_down();
  Status execute();
  Status close_open_runs();
  Status begin();
  Status apply_all();
  Status apply_groups(DataKind kind);
  void stay_compact(DataKind kind);
  void announce(std::size_t index);
  Status match_late_songs();
  Status try_late_matches();
  Status finish(const Status& applied);
  Status check();
  Status close(std::string_view word);
  /// Commits; if that has no clear answer, the run's row has to show it.
  Status commit_if(std::unique_ptr<Transaction> transaction, std::int64_t run_id,
                   const std::function<bool(const RunRow&)>& shows);

  const EtlOptions& options_;
  EtlContext context_;
  Ledger ledger_;
  Star star_;
  RunState state_;
  LateSongs late_songs_;
  std::vector<Group> groups_;
  std::vector<std::unique_ptr<Announcement>> announced_;  ///< by group; empty: not yet, or done
  RunSummary summary_;
};

Status EtlRun::plan() {
  TRY(expect_our_schema(context_.warehouse, context_.sql));
  // Before it is asked which objects are known: begin() shall notice what comes in between.
  TRY_ASSIGN(state_, ledger_.run_state(context_.warehouse));
  TRY_ASSIGN(const MarkedListing songs, list(DataKind::songs, options_.song_locations));
  TRY_ASSIGN(const MarkedListing logs, list(DataKind::logs, options_.log_locations));
  TRY(expect_disjoint(songs, logs));
  GroupLimits limits;
  const bool is_straight = context_.warehouse.prefers_straight_rows() && !options_.keep_staging;
  limits.song_bytes_max = options_.group_bytes;
  limits.log_bytes_max = is_straight ? options_.straight_group_bytes : options_.group_bytes;
  limits.expansion = expected_expansion;
  summary_.plan = make_plan(songs, logs, limits);
  groups_ = std::exchange(summary_.plan.groups, {});
  for (Group& group : groups_) summary_.groups.push_back(preview_of(group));
  late_songs_ = LateSongs(state_.late_songs_run, songs.waiting);
  const bool are_matched = late_songs_.are_whole() || any_group_is_apart();
  summary_.late_songs_run = are_matched ? late_songs_.run_id() : 0;
  if (!groups_.empty() || are_matched) {
    summary_.outcome = RunSummary::Outcome::planned;
  }
  context_.progress.bytes_total = summary_.plan.byte_count();
  context_.progress.groups_total = static_cast<std::int64_t>(groups_.size());
  return {};
}

/// Chooses the group's way on the way.
GroupPreview EtlRun::preview_of(Group& group) const {
  GroupPreview preview;
  preview.kind = group.kind;
  preview.objects = static_cast<std::int64_t>(group.objects.size());
  for (const PlannedObject& object : group.objects) preview.bytes += object.info.size_bytes;
  if (!context_.warehouse.reads_objects()) return preview;
  StageChoice choice =
      choose_stage(options_.stage, group, options_.keep_staging, context_.warehouse);
  group.is_direct = choice.is_direct;
  preview.stage = choice.is_direct ? "direct" : "compact";
  preview.stage_reason = std::move(choice.reason);
  return preview;
}

Result<MarkedListing> EtlRun::list(DataKind kind, const std::vector<std::string>& locations) {
  std::vector<ObjectInfo> objects;
  for (const std::string& location : locations) {
    TRY_ASSIGN(Listing listing, context_.store.list(location));
    summary_.ignored_files += static_cast<std::int64_t>(listing.ignored_count);
    std::move(listing.objects.begin(), listing.objects.end(), std::back_inserter(objects));
  }
  // Several locations may overlap; an object counts once.
  std::sort(objects.begin(), objects.end(),
            [](const ObjectInfo& a, const ObjectInfo& b) { return a.uri < b.uri; });
  const auto same = [](const ObjectInfo& a, const ObjectInfo& b) { return a.uri == b.uri; };
  objects.erase(std::unique(objects.begin(), objects.end(), same), objects.end());
  return ledger_.mark(context_.warehouse, kind, std::move(objects));
}

Status EtlRun::expect_disjoint(const MarkedListing& songs, const MarkedListing& logs) const {
  auto log = logs.objects.begin();
  for (const ObjectInfo& song : songs.objects) {
    while (log != logs.objects.end() && log->uri < song.uri) ++log;
    if (log != logs.objects.end() && log->uri == song.uri) {
      return make_error(ErrorKind::usage,
                        fmt::format("{} is in both --log-data and --song-data; give each its own "
                                    "folder",
                                    song.uri));
    }
  }
  return {};
}

/// By what is planned: who comes to apply it may find that it cannot be read.
bool EtlRun::any_group_is_apart() const {
  return std::any_of(groups_.begin(), groups_.end(), [this](const Group& group) {
    return group.kind == DataKind::songs && late_songs_.is_apart(group.objects.front().info.uri);
  });
}

/// Does the planned run to a recorder, with one empty object in each group that we would read: as
/// the code goes, so are the statements.
Status EtlRun::write_down() {
  EtlOptions options = options_;
  options.dry_run = false;
  SqlRecorder recorder(context_.warehouse, context_.sql);
  recorder.answer_with(context_.sql.get("meta/run_state"),
                       {state_.next_run_id, state_.open_runs, state_.late_songs_run});
  EmptyStore store;
  Progress progress;
  EtlRun run(options, {store, recorder, context_.sql, progress, context_.stop});
  run.state_ = state_;
  // The objects there have other names, which say nothing of what is apart.
  const bool goes_on = late_songs_.are_whole() && !any_group_is_apart();
  run.late_songs_ = LateSongs(late_songs_.run_id(), WaitingSongs{goes_on, {}});
  for (const Group& group : groups_) {
    const PlannedObject empty{{"file:///object.json", "etag", 0}, group.kind, 1};
    run.groups_.push_back(group);
    if (!group.is_direct) run.groups_.back().objects = {empty};
  }
  TRY(run.execute());
  summary_.statements = recorder.take_statements();
  return {};
}

Status EtlRun::execute() {
  if (groups_.empty() && !late_songs_.are_whole()) {
    return interruptibly([this] { return close_open_runs(); });
  }
  TRY(interruptibly([this] { return begin(); }));
  return finish(interruptibly([this] { return apply_all(); }));
}

Status EtlRun::apply_all() {
  TRY(apply_groups(DataKind::songs));
  TRY(match_late_songs());
  return apply_groups(DataKind::logs);
}

Status EtlRun::close_open_runs() {
  if (state_.open_runs == 0) return {};
  TRY_ASSIGN(auto transaction, context_.warehouse.begin());
  TRY(ledger_.abort_open_runs(*transaction));
  summary_.aborted_runs = state_.open_runs;
  return commit_settled(context_.warehouse, std::move(transaction), [this]() -> Result<bool> {
    TRY_ASSIGN(const RunState state, ledger_.run_state(context_.warehouse));
    return state.open_runs == 0;
  });
}

Status EtlRun::begin() {
  const auto open_run = [this]() -> Status {
    TRY_ASSIGN(auto transaction, context_.warehouse.begin());
    // Since the plan was made, another run may have begun.
    TRY_ASSIGN(const RunState now, ledger_.run_state(*transaction));
    const bool is_as_planned =
        now.next_run_id == state_.next_run_id && now.late_songs_run == state_.late_songs_run;
    if (!is_as_planned) late_songs_ = LateSongs(now.late_songs_run, WaitingSongs{false, {}});
    state_ = now;
    const std::string started_at = format_time(now_micros());
    TRY(ledger_.begin_run(*transaction, state_.next_run_id, started_at));
    return commit_if(std::move(transaction), state_.next_run_id, [&](const RunRow& row) {
      return row.status == kRunning && row.started_at == started_at;
    });
  };
  TRY(retry_conflicts(context_.stop, open_run));
  summary_.run_id = state_.next_run_id;
  summary_.aborted_runs = state_.open_runs;
  return {};
}

Status EtlRun::apply_groups(DataKind kind) {
  GroupLoad load(
      {options_.keep_staging, options_.max_rejects, options_.decode, options_.straight_bytes_min},
      {context_.store, context_.warehouse, context_.sql, ledger_, star_, context_.progress,
       context_.stop, late_songs_},
      summary_);
  announced_.resize(groups_.size());
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    Group& group = groups_[i];
    if (group.kind != kind) continue;
    // While one group is merged, the next one's objects are on their way.
    announce(i);
    if (i + 1 < groups_.size()) announce(i + 1);
    if (context_.stop.is_set()) return make_error(ErrorKind::stopped, "stopped by a signal");
    const double begin = monotonic_seconds();
    const std::size_t listed = group.objects.size();
    const std::size_t in_vain = summary_.not_direct.size();
    TRY(load.apply(group));
    announced_[i].reset();
    const bool was_in_vain = summary_.not_direct.size() > in_vain;
    if (was_in_vain && options_.stage == StageMode::automatic) stay_compact(kind);
    const std::int64_t number = ++context_.progress.groups_done;
    log_debug(fmt::format("group {} of {}: {} of {} {} objects committed in {:.3f} s", number,
                          groups_.size(), group.objects.size(), listed, to_string(kind),
                          monotonic_seconds() - begin));
  }
  return {};
}

/// What one group of a kind holds, the next ones are likely to hold too: COPY was in vain once.
void EtlRun::stay_compact(DataKind kind) {
  for (Group& group : groups_) {
    if (group.kind == kind) group.is_direct = false;
  }
}

void EtlRun::announce(std::size_t index) {
  if (announced_[index] || groups_[index].is_direct) return;
  std::vector<ObjectInfo> objects;
  for (const PlannedObject& object : groups_[index].objects) objects.push_back(object.info);
  announced_[index] = context_.store.announce(objects);
}

/// The last group of songs does so by itself, unless it came to nothing.
Status EtlRun::match_late_songs() {
  if (!late_songs_.are_whole()) return {};
  if (context_.stop.is_set()) return make_error(ErrorKind::stopped, "stopped by a signal");
  return retry_conflicts(context_.stop, [this] { return try_late_matches(); });
}

Status EtlRun::try_late_matches() {
  TRY_ASSIGN(auto transaction, context_.warehouse.begin());
  TRY_ASSIGN(const std::int64_t matched,
             sparkify::match_late_songs(*transaction, star_, ledger_, summary_.run_id));
  TRY(commit_if(std::move(transaction), summary_.run_id,
                [](const RunRow& row) { return row.late_songs_matched; }));
  summary_.add_late_matches(matched);
  late_songs_.clear();
  return {};
}

Status EtlRun::commit_if(std::unique_ptr<Transaction> transaction, std::int64_t run_id,
                         const std::function<bool(const RunRow&)>& shows) {
  return commit_settled(context_.warehouse, std::move(transaction), [&]() -> Result<bool> {
    TRY_ASSIGN(const auto row, ledger_.run_row(context_.warehouse, run_id));
    return row && shows(*row);
  });
}

Status EtlRun::finish(const Status& applied) {
  if (!applied.ok() && applied.error().kind == ErrorKind::commit_unknown) return applied;
  std::string_view word = "done";
  if (!applied.ok()) word = applied.error().kind == ErrorKind::stopped ? "stopped" : "failed";
  const Status closed = close(word);
  // What stopped the run says more than that closing it failed as well.
  if (!applied.ok()) return applied;
  TRY(closed);
  // As the run's row says, whatever comes of the checks.
  summary_.outcome = RunSummary::Outcome::done;
  return check();
}

Status EtlRun::check() {
  auto checks = interruptibly(
      [this] { return run_checks(context_.warehouse, context_.sql, CheckScope::after_run); });
  if (!checks.ok() && checks.error().kind == ErrorKind::stopped) {
    return make_error(ErrorKind::stopped,
                      "stopped by a signal while the checks ran. Every group is committed and the "
                      "run is complete; `sparkify check` does what is left");
  }
  TRY_ASSIGN(summary_.checks, std::move(checks));
  return {};
}

/// The run's last row, and what is tidied. That has some time also when a stop was asked for: the
/// row tells the next run.
Status EtlRun::close(std::string_view word) {
  const Interruption interruption(context_.warehouse, context_.stop, kClosingTime);
  const auto failed = static_cast<std::int64_t>(summary_.failed_objects.size());
  const auto close_once = [&]() -> Status {
    TRY_ASSIGN(auto transaction, context_.warehouse.begin());
    TRY(ledger_.finish_run(*transaction, summary_.run_id, word, failed));
    return commit_if(std::move(transaction), summary_.run_id,
                     [](const RunRow& row) { return row.status != kRunning; });
  };
  TRY(retry_conflicts(context_.stop, close_once));
  const Status tidied = context_.warehouse.tidy();
  if (tidied.ok()) return {};
  return make_error(tidied.error().kind,
                    fmt::format("{}. Every group is committed and the run is complete; only "
                                "tidying up is left, which the next run does",
                                tidied.error().message));
}

}  // namespace

RunSummary run_etl(const EtlOptions& options, EtlContext context) {
  return EtlRun(options, context).run();
}

}  // namespace sparkify
