#include "report/run_summary.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/byte_size.h"
#include "base/utf8.h"

namespace sparkify {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownFailuresMax = 1000;
constexpr std::size_t kShownRawBytes = 200;
constexpr std::size_t kShownKeysMax = 20;
constexpr int kJsonIndent = 2;

/// 8056 as "8,056".
std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number < 0 ? -number : number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return number < 0 ? "-" + digits : digits;
}

std::string counted(std::int64_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", grouped(number), number == 1 ? one : many);
}

std::string_view outcome_word(const RunSummary& summary) {
  switch (summary.outcome) {
    case RunSummary::Outcome::nothing_new:
      return "nothing new";
    case RunSummary::Outcome::planned:
      return "planned";
    case RunSummary::Outcome::done:
      return "done";
    case RunSummary::Outcome::failed:
      return summary.error && summary.error->kind == ErrorKind::stopped ? "stopped" : "failed";
  }
  SPARKIFY_ASSERT(false);
}

std::string stage_text(const GroupPreview& group) {
  if (group.stage.empty()) return {};
  return fmt::format("; staged {}: {}", group.stage, group.stage_reason);
}

/// How the groups that the warehouse was to read by itself went.
std::string direct_text(const RunSummary& summary) {
  const auto others = static_cast<std::int64_t>(summary.not_direct.size());
  if (summary.direct_groups == 0 && others == 0) return {};
  std::string out = fmt::format("  direct     {} read by the warehouse itself",
                                counted(summary.direct_groups, "group", "groups"));
  if (others > 0) {
    out += fmt::format("; {} read again by us, the first because of: {}", grouped(others),
                       summary.not_direct.front());
  }
  return out + "\n";
}

std::string plan_text(const RunSummary& summary) {
  const Plan& plan = summary.plan;
  std::string out = fmt::format("Plan for {}\n", summary.warehouse);
  out += fmt::format("  new        {} ({})\n", counted(plan.fresh_objects, "object", "objects"),
                     format_bytes(plan.fresh_bytes));
  out += fmt::format("  changed    {} ({})\n", counted(plan.changed_objects, "object", "objects"),
                     format_bytes(plan.changed_bytes));
  out += fmt::format("  unchanged  {}\n", counted(plan.unchanged_objects, "object", "objects"));
  if (summary.late_songs_run != 0) {
    out += fmt::format(
        "  late       run {} ended amid its songs; plays that wait are held against them\n",
        summary.late_songs_run);
  }
  std::size_t number = 0;
  for (const GroupPreview& group : summary.groups) {
    out += fmt::format("  group {:<4} {} of {}, {}{}\n", ++number, to_string(group.kind),
                       counted(group.objects, "object", "objects"), format_bytes(group.bytes),
                       stage_text(group));
  }
  out += "Nothing was changed (--dry-run).\n";
  for (const std::string& statement : summary.statements) out += "\n" + statement + ";\n";
  return out;
}

/// `has_all`: whether it is of all records of the run; else a key may have been in the others.
std::string drift_text(DataKind kind, const DriftCounts& drift, bool has_all) {
  if (drift.records() == 0) return {};
  std::string out;
  std::size_t shown = 0;
  for (const auto& [key, records] : drift.unknown()) {
    if (++shown > kShownKeysMax) break;
    out += fmt::format("  drift      unknown key \"{}\" in {}\n", printable(key),
                       counted(records, fmt::format("{} record", to_string(kind)),
                               fmt::format("{} records", to_string(kind))));
  }
  if (drift.unknown().size() > kShownKeysMax) {
    out += fmt::format("  drift      and {} more unknown keys; `sparkify status` lists them\n",
                       drift.unknown().size() - kShownKeysMax);
  }
  for (std::size_t i = 0; has_all && i < json_column_count(kind); ++i) {
    if (drift.known(i) > 0) continue;
    out += fmt::format("  drift      no {} record had the key \"{}\"\n", to_string(kind),
                       staging_schema(kind).columns[i].json_key);
  }
  return out;
}

std::string checks_text(const std::vector<CheckResult>& checks) {
  if (checks.empty()) return {};
  std::size_t passed = 0;
  std::string out;
  for (const CheckResult& check : checks) {
    if (check.verdict == Verdict::pass) {
      ++passed;
      continue;
    }
    out +=
        fmt::format("  check      {}: {} ({} violations, such as {})\n", to_string(check.verdict),
                    check.title, grouped(check.violations), printable(check.example));
  }
  return fmt::format("  checks     {} of {} passed\n", passed, checks.size()) + out;
}

std::string counts_text(const RunSummary& summary) {
  const GroupTotals& totals = summary.totals;
  const std::int64_t loaded = summary.records - totals.duplicates - totals.rejects;
  std::string out = fmt::format("  objects    {} loaded, {} failed, {} unchanged ({} read)\n",
                                grouped(totals.objects),
                                grouped(static_cast<std::int64_t>(summary.failed_objects.size())),
                                grouped(summary.plan.unchanged_objects),
                                format_bytes(static_cast<std::uint64_t>(totals.bytes)));
  out += fmt::format("  records    {} = {} loaded + {} + {}\n", grouped(summary.records),
                     grouped(loaded), counted(totals.duplicates, "duplicate", "duplicates"),
                     counted(totals.rejects, "reject", "rejects"));
  out += fmt::format("  staged     {}, {}\n", counted(totals.events, "event", "events"),
                     counted(totals.songs, "song", "songs"));
  out += fmt::format("  songplays  {} new", grouped(totals.plays));
  if (summary.late_matches && *summary.late_matches > 0) {
    out += fmt::format("; {} found their song late",
                       counted(*summary.late_matches, "earlier play", "earlier plays"));
  }
  return out + "\n" + direct_text(summary);
}

std::string trouble_text(const RunSummary& summary) {
  std::string out;
  std::size_t shown = 0;
  for (const FailedObject& failed : summary.failed_objects) {
    if (++shown > kShownFailuresMax) break;
    out += fmt::format("  failed     {}\n", failed.error.message);
  }
  if (summary.failed_objects.size() > kShownFailuresMax) {
    out += fmt::format("  failed     and {} more\n",
                       summary.failed_objects.size() - kShownFailuresMax);
  }
  for (const ShownReject& shown_reject : summary.first_rejects) {
    const Reject& reject = shown_reject.reject;
    out +=
        fmt::format("  reject     {}:{}: {}{}{}: {}\n", printable(shown_reject.uri), reject.line,
                    to_string(reject.reason), reject.column_name.empty() ? "" : " in ",
                    reject.column_name, printable(display_prefix(reject.raw_text, kShownRawBytes)));
  }
  return out;
}

Json drift_json(DataKind kind, const DriftCounts& drift, bool has_all) {
  Json unknown = Json::object();
  for (const auto& [key, records] : drift.unknown()) unknown[key] = records;
  Json missing = Json::array();
  const bool tells = has_all && drift.records() > 0;
  for (std::size_t i = 0; tells && i < json_column_count(kind); ++i) {
    if (drift.known(i) == 0) missing.push_back(staging_schema(kind).columns[i].json_key);
  }
  Json out{{"records", drift.records()}, {"unknown_keys", unknown}, {"missing_keys", missing}};
  if (drift.other_keys() > 0) out["further_unknown_keys"] = drift.other_keys();
  return out;
}

Json plan_json(const RunSummary& summary) {
  const Plan& plan = summary.plan;
  Json groups = Json::array();
  for (const GroupPreview& group : summary.groups) {
    groups.push_back(
        {{"kind", to_string(group.kind)}, {"objects", group.objects}, {"bytes", group.bytes}});
    if (group.stage.empty()) continue;
    groups.back()["stage"] = group.stage;
    groups.back()["stage_reason"] = group.stage_reason;
  }
  Json json{{"new_objects", plan.fresh_objects},
            {"new_bytes", plan.fresh_bytes},
            {"changed_objects", plan.changed_objects},
            {"changed_bytes", plan.changed_bytes},
            {"unchanged_objects", plan.unchanged_objects},
            {"ignored_files", summary.ignored_files},
            {"late_songs_run", summary.late_songs_run == 0 ? Json() : Json(summary.late_songs_run)},
            {"groups", groups}};
  if (!summary.statements.empty()) json["statements"] = summary.statements;
  return json;
}

Json trouble_json(const RunSummary& summary) {
  Json failed = Json::array();
  for (const FailedObject& object : summary.failed_objects) {
    failed.push_back({{"uri", object.uri}, {"message", object.error.message}});
  }
  Json rejects = Json::array();
  for (const ShownReject& shown : summary.first_rejects) {
    const Reject& reject = shown.reject;
    rejects.push_back(
        {{"uri", shown.uri},
         {"line", reject.line},
         {"byte_offset", reject.byte_offset},
         {"column_name", reject.column_name.empty() ? Json() : Json(reject.column_name)},
         {"reason", to_string(reject.reason)},
         {"raw_text", reject.raw_text}});
  }
  return {{"failed_objects", failed}, {"first_rejects", rejects}};
}

}  // namespace

std::string summary_text(const RunSummary& summary) {
  if (summary.outcome == RunSummary::Outcome::planned) return plan_text(summary);
  std::string out;
  if (summary.outcome == RunSummary::Outcome::nothing_new) {
    out = fmt::format("Nothing new for {}: {} unchanged. Nothing was written.\n", summary.warehouse,
                      counted(summary.plan.unchanged_objects, "object", "objects"));
    if (summary.aborted_runs > 0) {
      out = fmt::format("Nothing new for {}: {} unchanged. {} marked aborted.\n", summary.warehouse,
                        counted(summary.plan.unchanged_objects, "object", "objects"),
                        counted(summary.aborted_runs, "run that was left open is",
                                "runs that were left open are"));
    }
    return out;
  }
  if (summary.run_id == 0) return trouble_text(summary);
  out = fmt::format("Run {} into {}: {} in {:.1f} s\n", summary.run_id, summary.warehouse,
                    outcome_word(summary), summary.seconds);
  if (summary.aborted_runs > 0) {
    out += fmt::format("  before     {}; this one did what was left\n",
                       counted(summary.aborted_runs, "run was killed", "runs were killed"));
  }
  out += counts_text(summary);
  const bool has_all = summary.direct_groups == 0;
  out += drift_text(DataKind::songs, summary.song_drift, has_all);
  out += drift_text(DataKind::logs, summary.log_drift, has_all);
  out += checks_text(summary.checks);
  return out + trouble_text(summary);
}

std::string summary_json(const RunSummary& summary) {
  const GroupTotals& totals = summary.totals;
  const bool has_all = summary.direct_groups == 0;
  Json checks = Json::array();
  for (const CheckResult& check : summary.checks) {
    checks.push_back({{"name", check.name},
                      {"title", check.title},
                      {"verdict", to_string(check.verdict)},
                      {"violations", check.violations}});
  }
  Json out{{"format", "sparkify.etl/1"},
           {"outcome", outcome_word(summary)},
           {"warehouse", summary.warehouse},
           {"run_id", summary.run_id == 0 ? Json() : Json(summary.run_id)},
           {"seconds", summary.seconds},
           {"aborted_runs", summary.aborted_runs},
           {"plan", plan_json(summary)},
           {"groups_committed", summary.groups_committed},
           {"direct_groups", summary.direct_groups},
           {"not_direct", summary.not_direct},
           {"objects", totals.objects},
           {"bytes", totals.bytes},
           {"records", summary.records},
           {"loaded", summary.records - totals.duplicates - totals.rejects},
           {"events", totals.events},
           {"songs", totals.songs},
           {"plays", totals.plays},
           {"duplicates", totals.duplicates},
           {"rejects", totals.rejects},
           {"late_matches", summary.late_matches ? Json(*summary.late_matches) : Json()},
           {"drift",
            {{"song", drift_json(DataKind::songs, summary.song_drift, has_all)},
             {"log", drift_json(DataKind::logs, summary.log_drift, has_all)}}},
           {"checks", checks}};
  out.update(trouble_json(summary));
  if (summary.error) out["error"] = summary.error->message;
  return out.dump(kJsonIndent, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace sparkify
