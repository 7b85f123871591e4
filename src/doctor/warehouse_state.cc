#include "doctor/warehouse_state.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/utf8.h"
#include "base/version.h"
#include "doctor/time_limit.h"

namespace sparkify {

namespace {

constexpr const char* kTls = "tls";
constexpr const char* kServer = "server";
constexpr const char* kTables = "tables";
constexpr const char* kRights = "rights";
constexpr const char* kLock = "lock";
constexpr const char* kMatchRate = "match_rate";
constexpr const char* kLookAtRights = "mend `rights` if it fails, and look again";
constexpr std::chrono::seconds kAnswerWithin{20};
/// Its lock shows only to who has it; what a run has begun shows to all.
constexpr std::string_view kDialectWithoutLock = "redshift";
constexpr std::string_view kVersionTable = "etl_schema";
constexpr std::array<std::string_view, 15> kNames = {
    "songplays", "users",       "songs",          "artists",       "time",
    "plays",     "user_levels", "staging_events", "staging_songs", "unmatched_songplays",
    "etl_runs",  "etl_objects", "etl_rejects",    "etl_drift",     kVersionTable};

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Asks one warehouse after another thing.
class Look {
 public:
  Look(Warehouse& warehouse, const SqlLibrary& sql, const StopFlag& stop)
      : warehouse_(warehouse), sql_(sql), stop_(stop) {}

  std::vector<Finding> run() {
    if (const auto transport = warehouse_.transport()) add(judge_transport(*transport));
    add(server());
    add(tables());
    if (warehouse_.transport()) add(rights());
    const auto state = has_tables_ ? load_state() : std::optional<LoadState>();
    add(lock(state));
    add(match_rate(state));
    return std::move(findings_);
  }

 private:
  void add(Finding finding) { findings_.push_back(std::move(finding)); }

  Result<Rows> query(std::string_view name) {
    return query_within(warehouse_, sql_.get(name), stop_, kAnswerWithin);
  }
  std::string own(std::string_view name) const {
    return fmt::format("doctor/{}/{}", warehouse_.dialect(), name);
  }

  Finding server() {
    const auto rows = query(own("server"));
    if (!rows.ok()) return bad(kServer, rows.error(), kLookAtRights);
    std::string version = printable(rows->at(0, 0).text);
    // Redshift calls itself PostgreSQL first.
    if (const auto at = version.find("Redshift "); at != version.npos) version.erase(0, at);
    if (rows->at(0, 1).text == "true") return fine(kServer, std::move(version));
    return bad(kServer, version + ", a standby, which takes no writes",
               "give the address of the primary (with several hosts, "
               "target_session_attrs=read-write)");
  }

  Finding tables() {
    const auto rows = query("tables/existing");
    if (!rows.ok()) return bad(kTables, rows.error(), kLookAtRights);
    std::vector<std::string> names;
    for (const Row& row : rows->rows) names.push_back(row[0].text);
    std::optional<std::int64_t> version;
    if (contains(names, kVersionTable)) {
      const auto found = query("tables/schema_version");
      if (!found.ok()) return bad(kTables, found.error(), kLookAtRights);
      version = found->empty() ? 0 : found->integer(0, 0);
    }
    Finding finding = judge_tables(names, version, warehouse_.options());
    has_tables_ = finding.health == Health::ok;
    return finding;
  }

  Finding rights() {
    const auto rows = query(own("rights_missing"));
    if (!rows.ok()) return bad(kRights, rows.error(), "ask who runs the server");
    std::vector<MissingRight> missing;
    for (const Row& row : rows->rows) missing.push_back({row[0].text, row[1].text});
    return judge_rights(missing, rows->empty() ? "" : rows->at(0, 2).text);
  }

  /// Nothing: no run yet, or it cannot be read, which is kept in state_error_.
  std::optional<LoadState> load_state() {
    const auto rows = query("doctor/last_run");
    if (!rows.ok()) {
      state_error_ = rows.error();
      return std::nullopt;
    }
    if (rows->empty()) return std::nullopt;
    return LoadState{rows->integer(0, 0), rows->at(0, 1).text, rows->at(0, 2).text,
                     rows->integer(0, 3), rows->integer(0, 4), rows->integer(0, 5)};
  }

  Finding lock(const std::optional<LoadState>& state) {
    const auto holder = warehouse_.writer();
    if (!holder.ok()) return bad(kLock, holder.error(), kLookAtRights);
    if (*holder) {
      return doubtful(kLock, fmt::format("held by a run: {}", **holder),
                      "wait until it has ended; a second run would be turned away");
    }
    const bool is_open = state && state->status == "running";
    if (warehouse_.dialect() != kDialectWithoutLock) {
      return fine(kLock, is_open ? fmt::format("free; run {} was killed, the next run notes that",
                                               state->run_id)
                                 : "free: no run is on");
    }
    if (!has_tables_ || state_error_) return not_looked_at(kLock, "the runs cannot be read");
    if (!is_open) return fine(kLock, "no run has begun and not ended");
    return doubtful(kLock,
                    fmt::format("run {} began {} UTC and has not ended: it is on, or was killed",
                                state->run_id, printable(state->started_at)),
                    "look whether it is still on; a second run would wait for it");
  }

  Finding match_rate(const std::optional<LoadState>& state) {
    if (!has_tables_) return not_looked_at(kMatchRate, "the tables are not right");
    if (state_error_) return doubtful(kMatchRate, *state_error_, kLookAtRights);
    return judge_match_rate(state);
  }

  Warehouse& warehouse_;
  const SqlLibrary& sql_;
  const StopFlag& stop_;
  bool has_tables_ = false;
  std::optional<Error> state_error_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> check_warehouse(Warehouse& warehouse, const SqlLibrary& sql,
                                     const StopFlag& stop) {
  return Look(warehouse, sql, stop).run();
}

std::vector<Finding> explain_unopened(const Error& error, bool is_server) {
  // Who writes a DuckDB file has it to himself; that is no fault.
  const bool is_held = error.kind == ErrorKind::locked;
  const std::string reason =
      is_held ? "another process holds the warehouse" : "the warehouse could not be opened";
  std::vector<Finding> findings;
  if (is_server) findings.push_back(not_looked_at(kTls, reason));
  findings.push_back(not_looked_at(kServer, reason));
  findings.push_back(not_looked_at(kTables, reason));
  if (is_server) findings.push_back(not_looked_at(kRights, reason));
  findings.push_back(is_held ? doubtful(kLock, error) : not_looked_at(kLock, reason));
  findings.push_back(not_looked_at(kMatchRate, reason));
  return findings;
}

Finding judge_transport(const Transport& transport) {
  const std::string protocol = printable(transport.protocol);
  if (!protocol.empty() && transport.is_verified) {
    return fine(kTls, protocol + ", and the server's name is verified");
  }
  if (transport.is_local) {
    return fine(kTls, fmt::format("{}; the server is on this machine",
                                  protocol.empty() ? "none" : protocol + ", not verified"));
  }
  constexpr const char* kFix =
      "take sslmode out of the URL, PGSSLMODE and the service file (verify-full is the default), "
      "and give the authority's certificate as ?sslrootcert=FILE where the system does not know it";
  if (protocol.empty()) {
    return bad(kTls, fmt::format("nothing is encrypted on the way ({})", transport.terms), kFix);
  }
  return doubtful(
      kTls, fmt::format("{}, but it is not verified who answers ({})", protocol, transport.terms),
      kFix);
}

Finding judge_tables(const std::vector<std::string>& names, std::optional<std::int64_t> version,
                     const std::string& options) {
  const std::string make = fmt::format("sparkify create-tables {}", options);
  if (!version) return bad(kTables, "there are none of sparkify's", make);
  if (*version > kSchemaVersion) {
    return bad(
        kTables,
        fmt::format("of version {}, made by a newer sparkify; this one ({}) knows version {}",
                    *version, program_version(), kSchemaVersion),
        "upgrade sparkify");
  }
  if (*version < kSchemaVersion) {
    return bad(kTables,
               fmt::format("of version {}, which this sparkify ({}) does not know; it needs {}",
                           *version, program_version(), kSchemaVersion),
               "load into another warehouse, or make the tables anew: " + make + " --drop");
  }
  std::vector<std::string_view> missing;
  for (const std::string_view name : kNames) {
    if (!contains(names, name)) missing.push_back(name);
  }
  if (missing.empty()) return fine(kTables, fmt::format("all there, of version {}", *version));
  return bad(kTables, fmt::format("missing: {}", fmt::join(missing, ", ")),
             make + " (what is there keeps its rows)");
}

Finding judge_rights(const std::vector<MissingRight>& missing, const std::string& role) {
  if (missing.empty()) return fine(kRights, "all that a run needs");
  // The tables that lack the same rights go into one statement.
  std::map<std::string, std::vector<std::string>> by_object;
  for (const MissingRight& each : missing) by_object[each.object].push_back(each.privilege);
  std::map<std::string, std::vector<std::string>> by_rights;
  for (const auto& [object, rights] : by_object) {
    by_rights[fmt::format("{}", fmt::join(rights, ", "))].push_back(object);
  }
  std::vector<std::string> lacks;
  std::vector<std::string> grants;
  for (const auto& [rights, objects] : by_rights) {
    const std::string text = printable(fmt::format("{} on {}", rights, fmt::join(objects, ", ")));
    lacks.push_back(text);
    grants.push_back(fmt::format("grant {} to {}", text, printable(role)));
  }
  return bad(kRights,
             fmt::format("the role {} has not: {}", printable(role), fmt::join(lacks, "; ")),
             fmt::format("let the owner run: {}", fmt::join(grants, "; ")));
}

Finding judge_match_rate(const std::optional<LoadState>& state) {
  if (!state) return fine(kMatchRate, "nothing was loaded yet");
  const std::string run = fmt::format("last run {}, {}", state->run_id, printable(state->status));
  if (state->plays == 0) return fine(kMatchRate, fmt::format("no plays yet ({})", run));
  const std::int64_t matched = state->plays - state->unmatched;
  constexpr double kPercent = 100;
  const std::string found =
      fmt::format("{:.1f} % of {} plays have a known song ({})",
                  kPercent * static_cast<double>(matched) / static_cast<double>(state->plays),
                  state->plays, run);
  if (matched > 0) return fine(kMatchRate, found);
  return doubtful(
      kMatchRate, found,
      state->songs == 0
          ? "no songs are loaded: give --song-data to a run; it matches earlier plays, too"
          : "look whether --song-data is the catalogue of these logs: a play matches by "
            "title, artist and duration");
}

}  // namespace sparkify
