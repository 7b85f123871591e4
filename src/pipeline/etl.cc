#include "pipeline/etl.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/time.h"
#include "decode/decompress.h"
#include "load/ledger.h"
#include "pipeline/group_load.h"
#include "pipeline/interruption.h"
#include "pipeline/schema_guard.h"
#include "pipeline/settled_commit.h"
#include "transform/star.h"

namespace sparkify {

namespace {

constexpr std::string_view kRunning = "running";

/// One run, step by step. Decisions are made here; what they rest on is computed elsewhere.
class EtlRun {
 public:
  EtlRun(const EtlOptions& options, EtlContext context)
      : options_(options), context_(context), ledger_(context.sql), star_(context.sql) {
    summary_.warehouse = context.warehouse.display_name();
  }

  RunSummary run() {
    const double begin = monotonic_seconds();
    Status status = plan();
    if (status.ok() && !options_.dry_run) status = execute();
    if (!status.ok()) {
      summary_.outcome = RunSummary::Outcome::failed;
      summary_.error = status.error();
    }
    summary_.seconds = monotonic_seconds() - begin;
    return std::move(summary_);
  }

 private:
  Status plan();
  Result<MarkedListing> list(const std::vector<std::string>& locations);
  Status expect_disjoint(const MarkedListing& songs, const MarkedListing& logs) const;
  Status execute();
  Status begin();
  Status apply_groups(DataKind kind);
  Status match_late_songs();
  Status finish(const Status& applied);
  /// Commits; if that has no clear answer, the run's row has to show it.
  Status commit_if(std::unique_ptr<Transaction> transaction, std::int64_t run_id,
                   bool (*shows)(const RunRow&));

  const EtlOptions& options_;
  EtlContext context_;
  Ledger ledger_;
  Star star_;
  RunState state_;
  std::vector<Group> groups_;
  RunSummary summary_;
};

Status EtlRun::plan() {
  TRY(expect_our_schema(context_.warehouse, context_.sql));
  TRY_ASSIGN(const MarkedListing songs, list(options_.song_locations));
  TRY_ASSIGN(const MarkedListing logs, list(options_.log_locations));
  TRY(expect_disjoint(songs, logs));
  TRY_ASSIGN(state_, ledger_.run_state(context_.warehouse));
  GroupLimits limits;
  limits.bytes_max = options_.group_bytes;
  limits.expansion = expected_expansion;
  summary_.plan = make_plan(songs, logs, limits);
  groups_ = std::exchange(summary_.plan.groups, {});
  for (const Group& group : groups_) {
    GroupPreview preview{group.kind, static_cast<std::int64_t>(group.objects.size()), 0};
    for (const PlannedObject& object : group.objects) preview.bytes += object.info.size_bytes;
    summary_.groups.push_back(preview);
  }
  if (!groups_.empty()) summary_.outcome = RunSummary::Outcome::planned;
  context_.progress.bytes_total = summary_.plan.byte_count();
  context_.progress.groups_total = static_cast<std::int64_t>(groups_.size());
  return {};
}

Result<MarkedListing> EtlRun::list(const std::vector<std::string>& locations) {
  MarkedListing marked;
  for (const std::string& location : locations) {
    TRY_ASSIGN(Listing listing, context_.store.list(location));
    summary_.ignored_files += static_cast<std::int64_t>(listing.ignored_count);
    std::move(listing.objects.begin(), listing.objects.end(), std::back_inserter(marked.objects));
  }
  // Several locations may overlap; an object counts once.
  std::sort(marked.objects.begin(), marked.objects.end(),
            [](const ObjectInfo& a, const ObjectInfo& b) { return a.uri < b.uri; });
  const auto same = [](const ObjectInfo& a, const ObjectInfo& b) { return a.uri == b.uri; };
  marked.objects.erase(std::unique(marked.objects.begin(), marked.objects.end(), same),
                       marked.objects.end());
  TRY_ASSIGN(marked.marks, ledger_.mark(context_.warehouse, marked.objects));
  return marked;
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

Status EtlRun::execute() {
  if (groups_.empty() && !state_.late_songs_pending) {
    if (state_.open_runs == 0) return {};
    TRY_ASSIGN(auto transaction, context_.warehouse.begin());
    TRY(ledger_.abort_open_runs(*transaction));
    summary_.aborted_runs = state_.open_runs;
    return commit_settled(context_.warehouse, std::move(transaction), [this]() -> Result<bool> {
      TRY_ASSIGN(const RunState state, ledger_.run_state(context_.warehouse));
      return state.open_runs == 0;
    });
  }
  TRY(begin());
  Status applied = apply_groups(DataKind::songs);
  if (applied.ok()) applied = match_late_songs();
  if (applied.ok()) applied = apply_groups(DataKind::logs);
  return finish(applied);
}

Status EtlRun::begin() {
  TRY_ASSIGN(auto transaction, context_.warehouse.begin());
  TRY(ledger_.begin_run(*transaction, state_.next_run_id));
  TRY(commit_if(std::move(transaction), state_.next_run_id,
                [](const RunRow& row) { return row.status == kRunning; }));
  summary_.run_id = state_.next_run_id;
  summary_.aborted_runs = state_.open_runs;
  return {};
}

Status EtlRun::apply_groups(DataKind kind) {
  GroupLoad load({options_.keep_staging, options_.max_rejects, options_.decode},
                 {context_.store, context_.warehouse, context_.sql, ledger_, star_,
                  context_.progress, context_.stop},
                 summary_);
  for (Group& group : groups_) {
    if (group.kind != kind) continue;
    if (context_.stop.is_set()) return make_error(ErrorKind::stopped, "stopped by a signal");
    const double begin = monotonic_seconds();
    const std::size_t listed = group.objects.size();
    TRY(load.apply(group));
    const std::int64_t number = ++context_.progress.groups_done;
    log_debug(fmt::format("group {} of {}: {} of {} {} objects committed in {:.3f} s", number,
                          groups_.size(), group.objects.size(), listed, to_string(kind),
                          monotonic_seconds() - begin));
  }
  return {};
}

Status EtlRun::match_late_songs() {
  const bool has_songs = std::any_of(groups_.begin(), groups_.end(), [](const Group& group) {
    return group.kind == DataKind::songs;
  });
  if (!has_songs && !state_.late_songs_pending) return {};
  if (context_.stop.is_set()) return make_error(ErrorKind::stopped, "stopped by a signal");
  TRY_ASSIGN(auto transaction, context_.warehouse.begin());
  {
    const Interruption interruption(context_.warehouse, context_.stop);
    TRY_ASSIGN(const std::int64_t matched,
               explain_stop(context_.stop, star_.match_late_songs(*transaction)));
    TRY(transaction->execute(context_.sql.get("meta/set_late_matches"),
                             {summary_.run_id, matched}));
    summary_.late_matches = matched;
  }
  return commit_if(std::move(transaction), summary_.run_id,
                   [](const RunRow& row) { return row.late_songs_matched; });
}

Status EtlRun::commit_if(std::unique_ptr<Transaction> transaction, std::int64_t run_id,
                         bool (*shows)(const RunRow&)) {
  return commit_settled(context_.warehouse, std::move(transaction), [&]() -> Result<bool> {
    TRY_ASSIGN(const auto row, ledger_.run_row(context_.warehouse, run_id));
    return row && shows(*row);
  });
}

Status EtlRun::finish(const Status& applied) {
  if (!applied.ok() && applied.error().kind == ErrorKind::commit_unknown) return applied;
  std::string_view word = "done";
  if (!applied.ok()) word = applied.error().kind == ErrorKind::stopped ? "stopped" : "failed";
  const auto failed = static_cast<std::int64_t>(summary_.failed_objects.size());
  const auto close = [&]() -> Status {
    TRY_ASSIGN(auto transaction, context_.warehouse.begin());
    TRY(ledger_.finish_run(*transaction, summary_.run_id, word, failed));
    return commit_if(std::move(transaction), summary_.run_id,
                     [](const RunRow& row) { return row.status != kRunning; });
  };
  const Status closed = close();
  const Status tidied = closed.ok() ? context_.warehouse.tidy() : Status();
  // What stopped the run says more than that closing it failed as well.
  if (!applied.ok()) return applied;
  TRY(closed);
  if (!tidied.ok()) {
    return make_error(tidied.error().kind,
                      fmt::format("{}. Every group is committed and the run is complete; only "
                                  "folding the log into the file is left, which the next run does",
                                  tidied.error().message));
  }
  TRY_ASSIGN(summary_.checks, run_checks(context_.warehouse, context_.sql, CheckScope::after_run));
  summary_.outcome = RunSummary::Outcome::done;
  return {};
}

}  // namespace

RunSummary run_etl(const EtlOptions& options, EtlContext context) {
  return EtlRun(options, context).run();
}

}  // namespace sparkify
