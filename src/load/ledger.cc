#include "load/ledger.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/time.h"
#include "base/utf8.h"
#include "base/version.h"

namespace sparkify {

namespace {

/// Marks a sorted listing while the ledger goes by, row by row: the ledger may be much longer than
/// the listing, and need not fit in memory.
class MarkingVisitor : public RowVisitor {
 public:
  MarkingVisitor(DataKind kind, std::vector<ObjectInfo> listed) : kind_(kind) {
    listing.marks.assign(listed.size(), LedgerMark::fresh);
    listing.objects = std::move(listed);
  }

  Status begin(const std::vector<ResultColumn>& /*columns*/) override { return {}; }
  Status row(const Row& row) override {
    const auto found = std::lower_bound(
        listing.objects.begin(), listing.objects.end(), row[0].text,
        [](const ObjectInfo& object, const std::string& uri) { return object.uri < uri; });
    const bool is_there = found != listing.objects.end() && found->uri == row[0].text;
    const bool is_same = is_there && found->etag == row[1].text;
    if (row[3].text == "1") note_waiting(row[0].text, is_same);
    if (!is_there) return {};
    LedgerMark& mark = listing.marks[static_cast<std::size_t>(found - listing.objects.begin())];
    if (is_same) {
      if (row[2].text != to_string(kind_)) return loaded_as(row[2].text, found->uri);
      mark = LedgerMark::unchanged;
    } else if (mark == LedgerMark::fresh) {
      mark = LedgerMark::changed;
    }
    return {};
  }

 private:
  void note_waiting(const std::string& uri, bool is_listed) {
    WaitingSongs& waiting = listing.waiting;
    waiting.are_listed &= is_listed;
    waiting.last_uri = std::max(waiting.last_uri, uri);
  }

  /// It would be taken for loaded, and no record of it ever be read as what it is.
  Error loaded_as(std::string_view other, std::string_view uri) const {
    return make_error(
        ErrorKind::usage,
        fmt::format(
            "{} is given as {} data, and was loaded as {} data by an earlier run; give logs "
            "and songs each their own folder. An object is loaded once: if that run was the "
            "mistake, give the object another name, and it is loaded as {} data",
            printable(uri), to_string(kind_), printable(other), to_string(kind_)));
  }

  DataKind kind_;

 public:
  MarkedListing listing;
};

Status done(const Result<std::int64_t>& result) {
  if (!result.ok()) return result.error();
  return {};
}

/// Where no lock keeps others out, the tables may be dropped under a run, and made anew.
Status run_row_changed(const Result<std::int64_t>& rows) {
  if (!rows.ok()) return rows.error();
  if (*rows != 0) return {};
  return make_error(ErrorKind::database,
                    "the row of this run is gone from etl_runs: the tables were made anew while it "
                    "ran; nothing of this step stays, run again");
}

std::string now() { return format_time(now_micros()); }

void add_drift(Batch& batch, std::int64_t run_id, std::string_view kind, std::string_view key,
               bool is_known, std::int64_t records) {
  batch.add_integer(0, run_id);
  batch.add_text_copy(1, kind);
  batch.add_text_copy(2, key);
  batch.add_integer(3, is_known ? 1 : 0);
  batch.add_integer(4, records);
  batch.end_row();
}

void add_drift_of(Batch& batch, std::int64_t run_id, DataKind kind, const DriftCounts& counts) {
  if (counts.records() == 0) return;
  const std::string_view word = to_string(kind);
  for (std::size_t i = 0; i < json_column_count(kind); ++i) {
    add_drift(batch, run_id, word, staging_schema(kind).columns[i].json_key, true, counts.known(i));
  }
  for (const auto& [key, records] : counts.unknown()) {
    add_drift(batch, run_id, word, key, false, records);
  }
  if (counts.other_keys() > 0) {
    add_drift(batch, run_id, word, "(further keys)", false, counts.other_keys());
  }
}

}  // namespace

namespace {

RunState run_state_of(const Rows& rows) {
  return RunState{rows.integer(0, 0), rows.integer(0, 1), rows.integer(0, 2)};
}

}  // namespace

Result<RunState> Ledger::run_state(Warehouse& warehouse) const {
  TRY_ASSIGN(const Rows rows, warehouse.query(sql_.get("meta/run_state")));
  return run_state_of(rows);
}

Result<RunState> Ledger::run_state(Transaction& transaction) const {
  TRY_ASSIGN(const Rows rows, transaction.query(sql_.get("meta/run_state")));
  return run_state_of(rows);
}

Result<MarkedListing> Ledger::mark(Warehouse& warehouse, DataKind kind,
                                   std::vector<ObjectInfo> listed) const {
  MarkingVisitor visitor(kind, std::move(listed));
  if (visitor.listing.objects.empty()) {
    visitor.listing.waiting.are_listed = false;  // if there are any
  } else {
    TRY(warehouse.read(sql_.get("meta/known_objects"), {}, visitor));
  }
  return std::move(visitor.listing);
}

Status Ledger::begin_run(Transaction& transaction, std::int64_t run_id,
                         const std::string& started_at) const {
  TRY(abort_open_runs(transaction));
  return done(transaction.execute(sql_.get("meta/begin_run"),
                                  {run_id, started_at, std::string(program_version())}));
}

Status Ledger::abort_open_runs(Transaction& transaction) const {
  return done(transaction.execute(sql_.get("meta/abort_open_runs"), {now()}));
}

Status Ledger::finish_run(Transaction& transaction, std::int64_t run_id, std::string_view status,
                          std::int64_t failed_objects) const {
  return run_row_changed(transaction.execute(sql_.get("meta/finish_run"),
                                             {run_id, std::string(status), now(), failed_objects}));
}

Status Ledger::set_late_matches(Transaction& transaction, std::int64_t run_id,
                                std::int64_t matched) const {
  return run_row_changed(transaction.execute(sql_.get("meta/set_late_matches"), {run_id, matched}));
}

Status Ledger::add_late_matches(Transaction& transaction, std::int64_t run_id,
                                std::int64_t matched) const {
  return run_row_changed(transaction.execute(sql_.get("meta/add_late_matches"), {run_id, matched}));
}

Status Ledger::put_objects(Transaction& transaction, std::span<const PlannedObject> objects,
                           std::span<const ObjectCounts> counts) const {
  Batch batch(staging_objects_schema());
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const PlannedObject& object = objects[i];
    batch.add_integer(0, object.object_no);
    batch.add_text(1, to_string(object.kind));
    batch.add_text(2, object.info.uri);
    batch.add_text(3, object.info.etag);
    batch.add_integer(4, static_cast<std::int64_t>(object.info.size_bytes));
    batch.add_integer(5, counts[i].records);
    batch.add_integer(6, counts[i].decode_rejects);
    if (counts[i].staged) {
      batch.add_integer(7, *counts[i].staged);
    } else {
      batch.add_null(7);
    }
    batch.end_row();
  }
  TRY(done(transaction.execute(sql_.get("meta/clear_loading_objects"))));
  MemoryBatchSource source(std::move(batch));
  return transaction.stage(source);
}

Result<std::set<std::int32_t>> Ledger::applied_meanwhile(Transaction& transaction) const {
  TRY_ASSIGN(const Rows rows, transaction.query(sql_.get("meta/applied_in_group")));
  std::set<std::int32_t> numbers;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    numbers.insert(static_cast<std::int32_t>(rows.integer(i, 0)));
  }
  return numbers;
}

Result<GroupTotals> Ledger::record_group(Transaction& transaction, std::int64_t run_id,
                                         DataKind kind, std::int64_t plays) const {
  TRY(done(transaction.execute(sql_.get("meta/record_objects"), {run_id})));
  TRY_ASSIGN(const Rows sums, transaction.query(sql_.get("meta/group_totals"), {run_id}));
  if (const std::int64_t unbalanced = sums.integer(0, 6); unbalanced != 0) {
    return make_error(ErrorKind::internal,
                      fmt::format("the counts of {} objects do not balance (records = loaded + "
                                  "duplicates + rejects); nothing of the group was committed",
                                  unbalanced));
  }
  TRY_ASSIGN(const Rows staged, transaction.query(sql_.get("meta/staged_counts")));
  GroupTotals totals;
  totals.objects = sums.integer(0, 0);
  totals.bytes = sums.integer(0, 1);
  totals.events = staged.integer(0, 0);
  totals.songs = staged.integer(0, 1);
  totals.plays = plays;
  totals.duplicates = sums.integer(0, 4);
  totals.rejects = sums.integer(0, 5);
  TRY(run_row_changed(
      transaction.execute(sql_.get("meta/add_to_run"),
                          {run_id, totals.objects, totals.bytes, totals.events, totals.songs,
                           totals.plays, totals.duplicates, totals.rejects})));
  if (kind == DataKind::songs) {
    TRY(done(transaction.execute(sql_.get("meta/forget_late_matches"), {run_id})));
  }
  return totals;
}

Result<bool> Ledger::has_receipt(Warehouse& warehouse, std::int64_t run_id,
                                 const ObjectInfo& object) const {
  TRY_ASSIGN(const Rows rows,
             warehouse.query(sql_.get("meta/receipt"), {run_id, object.uri, object.etag}));
  return rows.integer(0, 0) > 0;
}

Result<std::optional<RunRow>> Ledger::run_row(Warehouse& warehouse, std::int64_t run_id) const {
  TRY_ASSIGN(const Rows rows, warehouse.query(sql_.get("meta/run_row"), {run_id}));
  if (rows.empty()) return std::optional<RunRow>();
  return std::optional<RunRow>(
      RunRow{rows.at(0, 0).text, !rows.at(0, 1).is_null, rows.at(0, 2).text});
}

Status Ledger::put_drift(Transaction& transaction, std::int64_t run_id, const DriftCounts& songs,
                         const DriftCounts& logs) const {
  TRY(done(transaction.execute(sql_.get("meta/clear_drift"), {run_id})));
  Batch batch(drift_schema());
  add_drift_of(batch, run_id, DataKind::songs, songs);
  add_drift_of(batch, run_id, DataKind::logs, logs);
  MemoryBatchSource source(std::move(batch));
  return transaction.stage(source);
}

}  // namespace sparkify
