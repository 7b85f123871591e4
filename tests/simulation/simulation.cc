#include "simulation.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "check/check.h"

namespace sparkify::simulation {

namespace {

using Kind = Finding::Kind;

// What costs much and finds little that the others do not is done in a part of the seeds.
constexpr std::size_t kOneInChecked = 4;
constexpr std::size_t kOneInReplayedPlain = 4;
constexpr std::size_t kOneInCut = 2;

constexpr std::size_t kCutsMax = 6;

std::optional<Finding> found(Kind kind, std::string text) { return Finding{kind, std::move(text)}; }
const std::optional<Finding> kNothing;

/// Passes everything on, but for the late songs of a run that was stopped before its last ones.
class BeforeLateSongs : public Warehouse {
 public:
  BeforeLateSongs(Warehouse& inner, const SqlLibrary& sql) : inner_(inner), sql_(sql) {}
  std::string_view dialect() const override { return inner_.dialect(); }
  std::string display_name() const override { return inner_.display_name(); }
  Result<std::unique_ptr<Transaction>> begin() override {
    TRY_ASSIGN(auto inner, inner_.begin());
    return guarded(std::move(inner));
  }
  Result<std::unique_ptr<Transaction>> begin_group() override {
    TRY_ASSIGN(auto inner, inner_.begin_group());
    return guarded(std::move(inner));
  }
  Status read(std::string_view sql, const Values& values, RowVisitor& visitor) override {
    return inner_.read(sql, values, visitor);
  }
  Status read_committed(std::string_view sql, const Values& values, RowVisitor& visitor) override {
    return inner_.read_committed(sql, values, visitor);
  }
  bool prefers_straight_rows() const override { return inner_.prefers_straight_rows(); }
  Status reconnect() override { return inner_.reconnect(); }
  Status tidy() override { return inner_.tidy(); }
  void interrupt() override {}

 private:
  class Guarded : public Transaction {
   public:
    Guarded(std::unique_ptr<Transaction> inner, const SqlLibrary& sql)
        : inner_(std::move(inner)), sql_(sql) {}
    Result<std::int64_t> execute(std::string_view sql, const Values& values) override {
      for (const char* left_out : {"late/find_matches", "late/apply_matches", "late/remove_matched",
                                   "meta/set_late_matches"}) {
        if (sql == sql_.get(left_out)) return 1;  // the run's row, as it looks
      }
      return inner_->execute(sql, values);
    }
    Status read(std::string_view sql, const Values& values, RowVisitor& visitor) override {
      return inner_->read(sql, values, visitor);
    }
    Status stage(BatchSource& source) override { return inner_->stage(source); }
    Status commit() override { return inner_->commit(); }

   private:
    std::unique_ptr<Transaction> inner_;
    const SqlLibrary& sql_;
  };

  std::unique_ptr<Transaction> guarded(std::unique_ptr<Transaction> inner) {
    return std::make_unique<Guarded>(std::move(inner), sql_);
  }

  Warehouse& inner_;
  const SqlLibrary& sql_;
};

std::string told(const RunSummary& summary) {
  static const std::vector<std::string> words = {"nothing new", "planned", "done", "failed"};
  std::string text =
      fmt::format("run {}: {}, {} groups", summary.run_id,
                  words[static_cast<std::size_t>(summary.outcome)], summary.groups_committed);
  for (const FailedObject& failed : summary.failed_objects) text += "; left out " + failed.uri;
  if (summary.error) text += "; " + summary.error->message;
  return text;
}

/// Whether each group of songs that was planned is committed; groups of logs come later.
bool has_all_songs(const RunSummary& summary) {
  const auto songs =
      std::count_if(summary.groups.begin(), summary.groups.end(),
                    [](const GroupPreview& group) { return group.kind == DataKind::songs; });
  return songs > 0 && summary.groups_committed >= songs;
}

}  // namespace

Simulation::Simulation(std::uint64_t seed, Databases& databases, const SqlLibrary& sql)
    : random_(seed),
      faults_(random_, time_),
      store_(faults_),
      world_(random_, store_, seed % 2 == 0),
      databases_(databases),
      warehouse_(databases.subject(), faults_),
      sql_(sql) {
  faults_.on_change([this] { world_.change(); });
}

SeedOutcome Simulation::run() {
  use_time_source(&time_);
  Check check = simulate();
  use_time_source(nullptr);
  outcome_.calls = faults_.calls();
  outcome_.journal = faults_.journal();
  if (!check.ok()) {
    outcome_.finding = Finding{Kind::machinery, check.error().message};
  } else {
    outcome_.finding = *std::move(check);
  }
  return std::move(outcome_);
}

Simulation::Check Simulation::simulate() {
  TRY(Databases::empty(databases_.subject()));
  world_.begin();
  store_.set_looks_again(random_.one_in(2));
  for (const auto step :
       {&Simulation::disturbed_runs, &Simulation::run_to_the_end, &Simulation::expect_all_loaded,
        &Simulation::expect_sound, &Simulation::compare_with_replay,
        &Simulation::compare_with_one_run, &Simulation::compare_cut_with_uncut}) {
    TRY_ASSIGN(auto finding, (this->*step)());
    if (finding) return finding;
  }
  return kNothing;
}

EtlOptions Simulation::drawn_options() {
  EtlOptions options = everything();
  // From a group an object to one group for all; the short way into the star, or the long one.
  options.group_bytes = options.straight_group_bytes = random_.one_in(3) ? 1 << 20 : 1;
  options.straight_bytes_min = random_.one_in(2) ? 0 : 1 << 20;
  options.decode.block_bytes = random_.between(16, 600);
  return options;
}

EtlOptions Simulation::everything() {
  EtlOptions options;
  options.song_locations = {kSongPlace};
  options.log_locations = {kLogPlace};
  return options;
}

RunSummary Simulation::load(Warehouse& warehouse, SimulatedStore& store,
                            const EtlOptions& options) {
  Progress progress;
  StopFlag stop;
  faults_.watch(&stop);
  ++outcome_.runs;
  RunSummary summary = run_etl(options, {store, warehouse, sql_, progress, stop});
  faults_.watch(nullptr);
  faults_.note(told(summary));
  return summary;
}

Simulation::Check Simulation::disturbed_runs() {
  for (std::size_t i = random_.between(1, 4); i > 0; --i) {
    TRY_ASSIGN(left_songs_, LeftSongs::of(databases_.subject()));
    faults_.set_rate(random_.between(8, 80));
    EtlOptions options = drawn_options();
    if (random_.one_in(6)) options.song_locations.clear();  // logs alone
    const RunSummary summary = load(warehouse_, store_, options);
    faults_.set_rate(0);
    const bool has_crashed = warehouse_.has_crashed();
    warehouse_.restart();
    // A lost connection is made anew; that this reads the file again is tried now and then.
    if (has_crashed && random_.one_in(8)) TRY(databases_.reconnect_subject());
    TRY_ASSIGN(auto finding, expect_told(summary));
    if (finding) return finding;
    for (std::size_t changes = random_.below(3); changes > 0; --changes) world_.change();
  }
  return kNothing;
}

/// What a run says it has committed is what is there, unless it says that it does not know.
Simulation::Check Simulation::expect_told(const RunSummary& summary) {
  if (summary.outcome == RunSummary::Outcome::failed && !summary.error) {
    return found(Kind::message, "a run failed without a reason");
  }
  const bool is_unknown = summary.error && summary.error->kind == ErrorKind::commit_unknown;
  if (summary.run_id == 0 || is_unknown) return kNothing;
  TRY_ASSIGN(const Rows rows,
             databases_.subject().query("select status, (select count(*) from etl_objects o where "
                                        "o.run_id = r.run_id), (select count(*) from etl_objects o "
                                        "where o.run_id = r.run_id and kind = 'song'), "
                                        "late_matches is null "
                                        "from etl_runs r where run_id = $1",
                                        {summary.run_id}));
  const bool says_done = summary.outcome == RunSummary::Outcome::done;
  if (rows.rows.size() == 1 && (!says_done || rows.at(0, 0).text == "done") &&
      rows.integer(0, 1) == summary.totals.objects) {
    return expect_late_songs(summary, rows.integer(0, 2) > 0, rows.at(0, 3).text == "true");
  }
  return found(Kind::message, "what is there is not what this says: " + told(summary));
}

/// A run that is through with its songs has held the plays against them. One that has loaded any
/// has first made up for those that others had left, unless it did just the rest.
Simulation::Check Simulation::expect_late_songs(const RunSummary& summary, bool has_songs,
                                                bool has_no_note) {
  if (!has_songs) return kNothing;
  const bool is_through = summary.outcome == RunSummary::Outcome::done || has_all_songs(summary);
  if (is_through && has_no_note) {
    return found(Kind::differs, "songs without the plays that waited for them: " + told(summary));
  }
  if (left_songs_.is_empty()) return kNothing;
  TRY_ASSIGN(const bool are_made_up_for, left_songs_.are_made_up_for(databases_.subject()));
  TRY_ASSIGN(const bool has_just_the_rest,
             left_songs_.has_just_the_rest(databases_.subject(), summary.run_id,
                                           store_.last_listed(kSongPlace)));
  if (are_made_up_for != has_just_the_rest) return kNothing;
  return found(Kind::differs, are_made_up_for ? "plays were held against half of a run's songs"
                                              : "songs that were left were passed over");
}

Simulation::Check Simulation::run_to_the_end() {
  world_.settle();
  TRY_ASSIGN(left_songs_, LeftSongs::of(databases_.subject()));
  const RunSummary last = load(warehouse_, store_, drawn_options());
  TRY_ASSIGN(auto finding, expect_told(last));
  if (finding) return finding;
  if (last.error || !last.failed_objects.empty()) {
    return found(Kind::message, "an undisturbed run fails: " + told(last));
  }
  if (any_failed(last.checks)) return found(Kind::differs, "a run's own checks fail");
  TRY_ASSIGN(const std::string before, snapshot(databases_.subject(), SnapshotScope::whole));
  const RunSummary summary = load(warehouse_, store_, drawn_options());
  TRY_ASSIGN(const std::string after, snapshot(databases_.subject(), SnapshotScope::whole));
  if (summary.outcome != RunSummary::Outcome::nothing_new || before != after) {
    return found(Kind::differs,
                 "one more run finds something new\n" + first_difference(before, after));
  }
  return kNothing;
}

Simulation::Check Simulation::expect_all_loaded() {
  TRY_ASSIGN(const auto loaded, loaded_versions(databases_.subject()));
  std::set<std::pair<std::string, std::string>> once;
  for (const LoadedVersion& version : loaded) {
    if (!once.emplace(version.uri, version.etag).second) {
      return found(Kind::doubled, version.uri + " was loaded twice in one version");
    }
  }
  for (const auto& [uri, object] : store_.present()) {
    if (!once.contains({uri, object.etag})) return found(Kind::lost, uri + " was never loaded");
  }
  return kNothing;
}

/// No run left open; and of some seeds all rules of the program's own.
Simulation::Check Simulation::expect_sound() {
  TRY_ASSIGN(const Rows open,
             databases_.subject().query("select count(*) from etl_runs where "
                                        "status = 'running' or finished_at is null"));
  if (open.integer(0, 0) != 0) return found(Kind::differs, "a run is left open");
  if (!random_.one_in(kOneInChecked)) return kNothing;
  TRY_ASSIGN(const auto checks, run_checks(databases_.subject(), sql_, CheckScope::all));
  for (const CheckResult& check : checks) {
    if (check.verdict == Verdict::fail) {
      return found(Kind::differs, check.title + ": " + check.example);
    }
  }
  return kNothing;
}

/// Every run once more, with just the versions that it has loaded, and nothing goes wrong. Songs
/// that a run has left and nobody has made up for are listed by the next ones, which go on from
/// there.
Simulation::Check Simulation::compare_with_replay() {
  if (world_.is_plain() && !random_.one_in(kOneInReplayedPlain)) return kNothing;
  TRY_ASSIGN(const auto loaded, loaded_versions(databases_.subject()));
  TRY_ASSIGN(const auto runs, past_runs(databases_.subject()));
  TRY(Databases::empty(databases_.reference()));
  BeforeLateSongs before_late_songs(databases_.reference(), sql_);
  const EtlOptions options = everything();
  std::int64_t last_matched = 0;
  for (const PastRun& run : runs) {
    SimulatedStore store(faults_);
    for (const LoadedVersion& version : loaded) {
      const bool is_left = version.run_id > last_matched && version.run_id < run.run_id &&
                           version.uri.starts_with(kSongPlace);
      if (version.run_id != run.run_id && !is_left) continue;
      store.put(version.uri, store_.bytes_of({version.uri, version.etag, 0}));
    }
    if (run.has_matched_late) {
      load(databases_.reference(), store, options);
      last_matched = run.run_id;
    } else {
      load(before_late_songs, store, options);
    }
  }
  TRY_ASSIGN(const std::string expected, snapshot(databases_.reference(), SnapshotScope::history));
  TRY_ASSIGN(const std::string is, snapshot(databases_.subject(), SnapshotScope::history));
  if (expected == is) return kNothing;
  return found(Kind::differs, "the tables are not those of the same loads without faults\n" +
                                  first_difference(expected, is));
}

/// Some objects, loaded; then these and others in some versions, by runs that are cut off, and by
/// one that nobody disturbs. The objects stay as they are meanwhile, damaged ones too.
Simulation::Check Simulation::compare_cut_with_uncut() {
  if (world_.is_plain() || !random_.one_in(kOneInCut)) return kNothing;
  FaultPlan no_faults(random_, time_);
  SimulatedStore store(no_faults);
  TRY(Databases::empty(databases_.reference()));
  TRY(Databases::empty(databases_.subject()));
  world_.put_some(store);
  for (Warehouse* warehouse : {&databases_.reference(), &databases_.subject()}) {
    load(*warehouse, store, everything());
  }
  world_.put_some(store);
  load(databases_.reference(), store, drawn_options());
  bool is_done = false;
  for (std::size_t tries = 0; !is_done; ++tries) {
    faults_.set_rate(tries < kCutsMax ? random_.between(8, 60) : 0);
    const RunSummary summary = load(warehouse_, store, drawn_options());
    is_done = tries >= kCutsMax || !summary.error;
    faults_.set_rate(0);
    warehouse_.restart();
  }
  TRY_ASSIGN(const std::string expected, snapshot(databases_.reference(), SnapshotScope::star));
  TRY_ASSIGN(const std::string is, snapshot(databases_.subject(), SnapshotScope::star));
  if (expected == is) return kNothing;
  return found(Kind::differs, "runs that were cut off and done again make not what one makes\n" +
                                  first_difference(expected, is));
}

/// One run over all that is there in the end, by somebody who never saw anything else.
Simulation::Check Simulation::compare_with_one_run() {
  if (!world_.is_plain()) return kNothing;
  TRY(Databases::empty(databases_.reference()));
  const EtlOptions options = everything();
  load(databases_.reference(), store_, options);
  TRY_ASSIGN(const std::string expected, snapshot(databases_.reference(), SnapshotScope::star));
  TRY_ASSIGN(const std::string is, snapshot(databases_.subject(), SnapshotScope::star));
  if (expected == is) return kNothing;
  return found(Kind::differs,
               "the tables are not those of one run over all\n" + first_difference(expected, is));
}

}  // namespace sparkify::simulation
