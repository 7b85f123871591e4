#include "pipeline/group_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/log.h"
#include "base/utf8.h"
#include "pipeline/conflict_retry.h"
#include "pipeline/settled_commit.h"

namespace sparkify {

namespace {

constexpr std::size_t kShownRejectsMax = 20;

const PlannedObject& object_of(const Group& group, std::int32_t object_no) {
  // Numbers rise by one, but for objects that were dropped from the group.
  const auto found = std::lower_bound(
      group.objects.begin(), group.objects.end(), object_no,
      [](const PlannedObject& object, std::int32_t number) { return object.object_no < number; });
  SPARKIFY_ASSERT(found != group.objects.end() && found->object_no == object_no);
  return *found;
}

/// The rows of etl_rejects: a spool's rejects, but for those of objects that were left out.
class RejectRows : public BatchSource {
 public:
  RejectRows(RejectSpool& spool, const Group& group, const std::set<std::int32_t>& left_out,
             std::int64_t run_id)
      : reader_(spool), group_(group), left_out_(left_out), run_id_(run_id) {}

  const TableSchema& schema() const override { return rejects_schema(); }

  Result<bool> next(Batch& batch) override {
    const std::lock_guard lock(mutex_);
    batch.clear();
    Reject reject;
    while (!batch.is_full()) {
      TRY_ASSIGN(const bool more, reader_.next(reject));
      if (!more) break;
      if (!left_out_.contains(reject.object_no)) add(batch, reject);
    }
    return batch.row_count() > 0;
  }

 private:
  void add(Batch& batch, const Reject& reject) const {
    batch.add_integer(0, run_id_);
    batch.add_text(1, object_of(group_, reject.object_no).info.uri);
    batch.add_integer(2, reject.line);
    batch.add_integer(3, reject.byte_offset);
    if (reject.column_name.empty()) {
      batch.add_null(4);
    } else {
      batch.add_text_copy(4, reject.column_name);
    }
    batch.add_text(5, to_string(reject.reason));
    batch.add_text_copy(6, reject.raw_text);
    batch.add_integer(7, reject.record_no);
    batch.end_row();
  }

  std::mutex mutex_;
  RejectSpool::Reader reader_;
  const Group& group_;
  const std::set<std::int32_t>& left_out_;
  std::int64_t run_id_;
};

/// How many rejects count, and the first of them in the order of application.
struct RejectTally {
  std::uint64_t count = 0;
  std::map<std::pair<std::int32_t, std::int64_t>, Reject> first;
};

Result<RejectTally> tally(RejectSpool& spool, const std::set<std::int32_t>& left_out) {
  RejectTally tally;
  RejectSpool::Reader reader(spool);
  Reject reject;
  while (true) {
    TRY_ASSIGN(const bool more, reader.next(reject));
    if (!more) return tally;
    if (left_out.contains(reject.object_no)) continue;
    ++tally.count;
    tally.first.emplace(std::pair(reject.object_no, reject.record_no), reject);
    if (tally.first.size() > kShownRejectsMax) tally.first.erase(std::prev(tally.first.end()));
  }
}

}  // namespace

Status GroupLoad::apply(Group& group) {
  unreadable_.clear();
  Progress& progress = context_.progress;
  const std::uint64_t bytes_before = progress.bytes_read;
  const std::int64_t records_before = progress.records;
  const std::int64_t rejects_before = progress.rejects;
  const auto attempt = [&](Way way) -> Result<bool> {
    progress.bytes_read = bytes_before;
    progress.records = records_before;
    progress.rejects = rejects_before;
    Group attempted = group;  // objects are left out as they turn out to be damaged
    TRY_ASSIGN(const bool is_done, try_way(way, attempted));
    if (is_done) group = std::move(attempted);
    return is_done;
  };
  return retry_conflicts(context_.stop, [&] { return apply_once(group, attempt); });
}

Status GroupLoad::apply_once(Group& group, const std::function<Result<bool>(Way)>& attempt) {
  std::unique_ptr<Announcement> announced;
  for (const Way way : ways_of(group)) {
    TRY_ASSIGN(bool is_done, attempt(way));
    // Each time with an object less: one that could not be read a second time.
    while (!is_done && way == Way::staged) {
      TRY_ASSIGN(is_done, attempt(way));
    }
    if (is_done) return {};
    if (way != Way::by_warehouse) continue;
    // Once is enough, also if what follows has to be tried again. Now they are to be read by us.
    group.is_direct = false;
    std::vector<ObjectInfo> objects;
    for (const PlannedObject& object : group.objects) objects.push_back(object.info);
    announced = context_.store.announce(objects);
  }
  SPARKIFY_ASSERT(false);  // the last way is open for every group
}

/// In the order in which they are tried.
std::vector<GroupLoad::Way> GroupLoad::ways_of(const Group& group) {
  std::vector<Way> ways;
  if (group.is_direct) ways.push_back(Way::by_warehouse);
  std::uint64_t bytes = 0;
  for (const PlannedObject& object : group.objects) bytes += object.info.size_bytes;
  const bool may_go_straight = group.kind == DataKind::logs && !options_.keep_staging &&
                               straight_.is_worthwhile(bytes, options_.straight_bytes_min);
  if (may_go_straight) ways.push_back(Way::straight);
  ways.push_back(Way::staged);
  return ways;
}

/// False: nothing was done, as the way is not open.
Result<bool> GroupLoad::try_way(Way way, Group& group) {
  TRY_ASSIGN(auto transaction, context_.warehouse.begin_group());
  Work work;
  TRY_ASSIGN(const bool is_open, fill(*transaction, way, group, work));
  if (!is_open) return false;
  // If all failed there is nothing to commit.
  if (!group.objects.empty()) TRY(commit(std::move(transaction), group));
  summary_.failed_objects.insert(summary_.failed_objects.end(), work.failed.begin(),
                                 work.failed.end());
  if (group.objects.empty()) return true;
  ++summary_.groups_committed;
  if (way == Way::by_warehouse) ++summary_.direct_groups;
  summary_.song_drift = std::move(work.songs);
  summary_.log_drift = std::move(work.logs);
  summary_.records += work.records;
  if (work.late_matches) summary_.add_late_matches(*work.late_matches);
  if (group.kind == DataKind::songs) {
    context_.late_songs.applied(summary_.run_id, work.has_matched_all);
  }
  GroupTotals& totals = summary_.totals;
  totals.objects += work.totals.objects;
  totals.bytes += work.totals.bytes;
  totals.events += work.totals.events;
  totals.songs += work.totals.songs;
  totals.plays += work.totals.plays;
  totals.duplicates += work.totals.duplicates;
  totals.rejects += work.totals.rejects;
  return true;
}

Result<bool> GroupLoad::fill(Transaction& transaction, Way way, Group& group, Work& work) {
  drop_unreadable(group, work);
  if (group.objects.empty()) return true;
  TRY(drop_applied(transaction, group));
  if (group.objects.empty()) return true;
  work.songs = summary_.song_drift;
  work.logs = summary_.log_drift;
  TRY_ASSIGN(const auto plays, fill_rows(transaction, way, group, work));
  if (!plays) return false;
  TRY(write_receipts(transaction, group, *plays, work));
  const bool has_last_songs =
      group.kind == DataKind::songs && group.is_last_of_kind && !group.objects.empty();
  if (has_last_songs) TRY(match_late_songs(transaction, work));
  return true;
}

/// The new plays; none, if the way turns out not to be open.
Result<std::optional<std::int64_t>> GroupLoad::fill_rows(Transaction& transaction, Way way,
                                                         Group& group, Work& work) {
  RejectSpool rejects;
  switch (way) {
    case Way::by_warehouse:
      return fill_by_warehouse(transaction, group, work);
    case Way::straight:
      return fill_straight(transaction, group, rejects, work);
    case Way::staged:
      break;
  }
  return fill_staged(transaction, group, rejects, work);
}

/// The warehouse reads the objects, we none of them. What is not ordinary needs our decoder: the
/// group starts over then.
Result<std::optional<std::int64_t>> GroupLoad::fill_by_warehouse(Transaction& transaction,
                                                                 Group& group, Work& work) {
  std::vector<ObjectInfo> objects;
  for (const PlannedObject& object : group.objects) objects.push_back(object.info);
  TRY_ASSIGN(OwnReading reading, transaction.stage_objects(group.kind, objects));
  if (reading.oddity.empty() && group.kind == DataKind::logs) {
    TRY_ASSIGN(reading.oddity, oddity_of_plays(transaction));
  }
  if (!reading.oddity.empty()) {
    log_info(fmt::format(
        "a group of {} (objects: {}) is staged the compact way, as the direct one met: {}",
        group.kind == DataKind::songs ? "songs" : "logs", group.objects.size(), reading.oddity));
    summary_.not_direct.push_back(std::move(reading.oddity));
    return std::optional<std::int64_t>();
  }
  for (std::size_t i = 0; i < group.objects.size(); ++i) {
    const std::int64_t records = reading.records[i];
    work.counts[group.objects[i].object_no] = {records, 0, records};
    context_.progress.records += records;
    context_.progress.bytes_read += group.objects[i].info.size_bytes;
  }
  TRY_ASSIGN(const std::int64_t plays, apply_star(transaction, group, work));
  return std::optional(plays);
}

/// Duplicates and conflicts have places in their objects, which the warehouse does not tell.
Result<std::string> GroupLoad::oddity_of_plays(Transaction& transaction) {
  TRY(context_.star.find_play_faults(transaction));
  TRY_ASSIGN(const Rows rows, transaction.query(context_.sql.get("staging/play_fault_count")));
  const std::int64_t faults = rows.integer(0, 0);
  if (faults == 0) return std::string();
  return fmt::format("plays whose songplay_id occurs twice or is known: {}", faults);
}

Result<std::optional<std::int64_t>> GroupLoad::fill_staged(Transaction& transaction, Group& group,
                                                           RejectSpool& rejects, Work& work) {
  TRY(stage(transaction, group, rejects, work));
  if (group.kind == DataKind::logs) {
    TRY_ASSIGN(const bool is_settled, settle_conflicts(transaction, group, rejects));
    if (!is_settled) return std::optional<std::int64_t>();
  }
  TRY(write_rejects(transaction, group, rejects, work));
  TRY_ASSIGN(const std::int64_t plays, apply_star(transaction, group, work));
  return std::optional(plays);
}

/// Before songs that are apart from what a run has left, the plays are held against that, for it.
Result<std::int64_t> GroupLoad::apply_star(Transaction& transaction, const Group& group,
                                           Work& work) {
  const LateSongs& late = context_.late_songs;
  const auto is_apart = [&](const PlannedObject& object) {
    return !work.left_out.contains(object.object_no) && late.is_apart(object.info.uri);
  };
  if (group.kind == DataKind::songs &&
      std::any_of(group.objects.begin(), group.objects.end(), is_apart)) {
    TRY_ASSIGN(work.late_matches, context_.star.match_late_songs(transaction));
    TRY(context_.ledger.add_late_matches(transaction, late.run_id(), *work.late_matches));
  }
  return context_.star.apply(transaction, group.kind);
}

/// With the run's last songs: in a transaction of its own, a kill before it would leave the plays
/// to what these songs have become by the next run.
Status GroupLoad::match_late_songs(Transaction& transaction, Work& work) {
  TRY_ASSIGN(
      const std::int64_t matched,
      sparkify::match_late_songs(transaction, context_.star, context_.ledger, summary_.run_id));
  work.late_matches = work.late_matches.value_or(0) + matched;
  work.has_matched_all = true;
  return {};
}

Result<std::optional<std::int64_t>> GroupLoad::fill_straight(Transaction& transaction, Group& group,
                                                             RejectSpool& rejects, Work& work) {
  GroupFeed feed(group.kind, group.objects,
                 {context_.store, options_.decode, context_.progress, context_.stop}, rejects);
  TRY_ASSIGN(const auto loaded, straight_.load(transaction, feed));
  if (!loaded) {
    log_debug("not every play of the group is new; it is staged");
    return std::optional<std::int64_t>();
  }
  ObjectErrors errors;
  note_outcomes(group.objects, feed, work, errors);
  SPARKIFY_ASSERT(errors.empty());
  for (auto& [object_no, counts] : work.counts) {
    const auto found = loaded->events.find(object_no);
    counts.staged = found == loaded->events.end() ? 0 : found->second;
  }
  TRY(write_rejects(transaction, group, rejects, work));
  TRY(context_.star.apply_users(transaction));
  return std::optional(loaded->plays);
}

Status GroupLoad::drop_applied(Transaction& transaction, Group& group) {
  TRY_ASSIGN(const auto applied, applied_already(transaction, group));
  std::erase_if(group.objects, [&applied](const PlannedObject& object) {
    return applied.contains(object.object_no);
  });
  return {};
}

Result<std::set<std::int32_t>> GroupLoad::applied_already(Transaction& transaction,
                                                          const Group& group) {
  const std::vector<ObjectCounts> none(group.objects.size());
  TRY(context_.ledger.put_objects(transaction, group.objects, none));
  return context_.ledger.applied_meanwhile(transaction);
}

Status GroupLoad::stage(Transaction& transaction, Group& group, RejectSpool& rejects, Work& work) {
  TRY_ASSIGN(ObjectErrors errors,
             stage_objects(transaction, group.kind, group.objects, rejects, work));
  TRY_ASSIGN(std::vector<PlannedObject> again, look_again(group, errors));
  if (!again.empty()) {
    std::set<std::int32_t> numbers;
    for (const PlannedObject& object : again) {
      TRY(discard(transaction, group.kind, object.object_no));
      numbers.insert(object.object_no);
    }
    TRY(rejects.drop(numbers));
    // What they have become may be a version that was applied long ago.
    TRY_ASSIGN(const auto applied, applied_already(transaction, group));
    work.left_out.insert(applied.begin(), applied.end());
    std::erase_if(again, [&applied](const PlannedObject& object) {
      return applied.contains(object.object_no);
    });
    TRY_ASSIGN(ObjectErrors later, stage_objects(transaction, group.kind, again, rejects, work));
    errors.merge(later);
  }
  for (const auto& [object_no, error] : errors) {
    TRY(leave_out(transaction, group, object_no, error, work));
  }
  return {};
}

Result<GroupLoad::ObjectErrors> GroupLoad::stage_objects(Transaction& transaction, DataKind kind,
                                                         std::span<const PlannedObject> objects,
                                                         RejectSpool& rejects, Work& work) {
  GroupFeed feed(kind, objects, {context_.store, options_.decode, context_.progress, context_.stop},
                 rejects);
  TRY(transaction.stage(feed));
  ObjectErrors errors;
  note_outcomes(objects, feed, work, errors);
  return errors;
}

void GroupLoad::note_outcomes(std::span<const PlannedObject> objects, const GroupFeed& feed,
                              Work& work, ObjectErrors& errors) const {
  (feed.kind() == DataKind::songs ? work.songs : work.logs).merge(feed.drift());
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const ObjectOutcome& outcome = feed.outcomes()[i];
    work.counts[objects[i].object_no] = {outcome.records, outcome.rejects, std::nullopt};
    if (outcome.error) errors.emplace(objects[i].object_no, *outcome.error);
  }
}

/// Objects that changed since they were listed, as they are now, if their store can tell; their
/// errors are taken out. Once: an object that changes all the time is reported.
Result<std::vector<PlannedObject>> GroupLoad::look_again(Group& group, ObjectErrors& errors) {
  std::vector<PlannedObject> again;
  for (PlannedObject& object : group.objects) {
    const auto found = errors.find(object.object_no);
    if (found == errors.end() || found->second.kind != ErrorKind::changed) continue;
    auto present = context_.store.look_again(object.info);
    if (!present.ok()) {
      if (ends_run(present.error())) return std::move(present).error();
      found->second = std::move(present).error();
      continue;
    }
    if (!*present) continue;
    log_info(fmt::format("{}: changed after it was listed; taking what it is now",
                         printable(object.info.uri)));
    object.info = **std::move(present);
    again.push_back(object);
    errors.erase(found);
  }
  return again;
}

Status GroupLoad::discard(Transaction& transaction, DataKind kind, std::int32_t object_no) {
  const char* sql =
      kind == DataKind::songs ? "staging/discard_song_object" : "staging/discard_object";
  TRY(transaction.execute(context_.sql.get(sql), {std::int64_t{object_no}}));
  return {};
}

Status GroupLoad::leave_out(Transaction& transaction, const Group& group, std::int32_t object_no,
                            const Error& error, Work& work) {
  TRY(discard(transaction, group.kind, object_no));
  work.left_out.insert(object_no);
  work.failed.push_back({object_of(group, object_no).info.uri, error});
  return {};
}

/// False: an object could not be read again. It may have been what others conflicted with, and what
/// was counted of it has to be forgotten, so the group starts over without it.
Result<bool> GroupLoad::settle_conflicts(Transaction& transaction, const Group& group,
                                         RejectSpool& rejects) {
  TRY(transaction.execute(context_.sql.get("staging/clear_play_faults")));
  TRY(context_.star.find_play_faults(transaction));
  TRY_ASSIGN(const Rows rows, transaction.query(context_.sql.get("staging/key_conflicts")));
  std::map<std::int32_t, std::set<std::int64_t>> wanted;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    wanted[static_cast<std::int32_t>(rows.integer(i, 0))].insert(rows.integer(i, 1));
  }
  RejectSpool found;
  TRY_ASSIGN(
      auto failed,
      find_conflicts(group, {context_.store, options_.decode, context_.progress, context_.stop},
                     wanted, found));
  if (!failed.empty()) {
    unreadable_.merge(failed);
    return false;
  }
  RejectSpool::Reader reader(found);
  Reject reject;
  while (true) {
    TRY_ASSIGN(const bool more, reader.next(reject));
    if (!more) return true;
    TRY(rejects.add({&reject, 1}));
    ++context_.progress.rejects;
  }
}

/// What an earlier attempt at this group could not read a second time.
void GroupLoad::drop_unreadable(Group& group, Work& work) const {
  for (const auto& [object_no, error] : unreadable_) {
    work.failed.push_back({object_of(group, object_no).info.uri, error});
  }
  std::erase_if(group.objects, [this](const PlannedObject& object) {
    return unreadable_.contains(object.object_no);
  });
}

Status GroupLoad::write_rejects(Transaction& transaction, const Group& group, RejectSpool& rejects,
                                const Work& work) {
  TRY_ASSIGN(RejectTally counted, tally(rejects, work.left_out));
  const std::uint64_t before = static_cast<std::uint64_t>(summary_.totals.rejects);
  if (options_.max_rejects && before + counted.count > *options_.max_rejects) {
    for (auto& [place, reject] : counted.first) {
      summary_.first_rejects.push_back(
          {object_of(group, reject.object_no).info.uri, std::move(reject)});
    }
    return make_error(
        ErrorKind::too_many_rejects,
        fmt::format("{} rejects, and --max-rejects allows {}; the group of {} "
                    "objects was rolled back, groups committed before stay",
                    before + counted.count, *options_.max_rejects, group.objects.size()));
  }
  if (counted.count == 0) return {};
  RejectRows rows(rejects, group, work.left_out, summary_.run_id);
  return transaction.stage(rows);
}

Status GroupLoad::write_receipts(Transaction& transaction, Group& group, std::int64_t plays,
                                 Work& work) {
  std::vector<PlannedObject> kept;
  std::vector<ObjectCounts> counts;
  for (std::size_t i = 0; i < group.objects.size(); ++i) {
    const std::int32_t object_no = group.objects[i].object_no;
    if (work.left_out.contains(object_no)) continue;
    kept.push_back(std::move(group.objects[i]));
    counts.push_back(work.counts.at(object_no));
    work.records += counts.back().records;
  }
  group.objects = std::move(kept);
  if (group.objects.empty()) return {};
  TRY(context_.ledger.put_objects(transaction, group.objects, counts));
  TRY_ASSIGN(work.totals,
             context_.ledger.record_group(transaction, summary_.run_id, group.kind, plays));
  TRY(context_.ledger.put_drift(transaction, summary_.run_id, work.songs, work.logs));
  const char* staging = options_.keep_staging ? "staging/keep" : "staging/clear_kept";
  TRY(transaction.execute(context_.sql.get(staging)));
  return {};
}

Status GroupLoad::commit(std::unique_ptr<Transaction> transaction, const Group& group) {
  return commit_settled(context_.warehouse, std::move(transaction), [&] {
    return context_.ledger.has_receipt(context_.warehouse, summary_.run_id,
                                       group.objects.front().info);
  });
}

}  // namespace sparkify
