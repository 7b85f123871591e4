#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string>

#include "base/byte_size.h"
#include "base/log.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/progress_display.h"
#include "cli/source_access.h"
#include "cli/stop_signals.h"
#include "cli/warehouse_factory.h"
#include "pipeline/etl.h"
#include "report/run_summary.h"

namespace sparkify {

namespace {

struct Options {
  bool dry_run = false;
  bool show_sql = false;
  bool keep_staging = false;
};

Status expect_known_scheme(const std::string& location) {
  const std::size_t colon = location.find("://");
  if (colon == std::string::npos || location.starts_with("file://") ||
      location.starts_with("s3://")) {
    return {};
  }
  return make_error(ErrorKind::config,
                    fmt::format("{}: no such kind of source; give a path or s3://BUCKET/PREFIX",
                                printable(location)));
}

/// Text that blocks and records may take: what DuckDB does not get, shared out.
DecodeLimits decode_limits(const Settings& settings) {
  constexpr std::uint64_t kRecordShare = 16;
  constexpr std::uint64_t kRecordBytesLeast = std::uint64_t{16} << 20;
  DecodeLimits limits;
  limits.record_bytes_max = std::max(kRecordBytesLeast, settings.memory_limit_bytes / kRecordShare);
  if (settings.block_bytes) limits.block_bytes = *settings.block_bytes;
  return limits;
}

/// A group's rows wait in memory until they are merged; see docs/decisions/0006-groups.md.
std::uint64_t group_bytes(const Settings& settings) {
  constexpr std::uint64_t kShare = 8;
  constexpr std::uint64_t kMost = std::uint64_t{512} << 20;
  if (settings.group_bytes) return *settings.group_bytes;
  return std::min(kMost, settings.memory_limit_bytes / kShare);
}

/// Where plays go straight into the star, only their ids, times and unmatched texts wait, and the
/// larger a group, the fewer row groups are begun, and merged again later.
std::uint64_t straight_group_bytes(const Settings& settings) {
  constexpr std::uint64_t kOwnBytes = std::uint64_t{192} << 20;
  constexpr std::uint64_t kShare = 2;
  constexpr std::uint64_t kMost = std::uint64_t{1} << 30;
  if (settings.group_bytes) return *settings.group_bytes;
  const std::uint64_t rest =
      settings.memory_limit_bytes - std::min(kOwnBytes, settings.memory_limit_bytes);
  return std::max(group_bytes(settings), std::min(kMost, rest / kShare));
}

StageMode stage_mode(Settings::Stage stage) {
  switch (stage) {
    case Settings::Stage::automatic:
      break;
    case Settings::Stage::compact:
      return StageMode::compact;
    case Settings::Stage::direct:
      return StageMode::direct;
  }
  return StageMode::automatic;
}

/// Redshift alone reads S3 by itself.
Status expect_stage(const Settings& settings, const Warehouse& warehouse) {
  if (settings.stage != Settings::Stage::direct || warehouse.reads_objects()) return {};
  return make_error(ErrorKind::config,
                    fmt::format("--stage direct: {} cannot read source objects by itself, only "
                                "Redshift can; leave --stage out",
                                warehouse.display_name()));
}

Result<EtlOptions> etl_options(const Options& options, const Settings& settings) {
  EtlOptions etl;
  if (settings.log_data) etl.log_locations.push_back(*settings.log_data);
  if (settings.song_data) etl.song_locations.push_back(*settings.song_data);
  if (etl.log_locations.empty() && etl.song_locations.empty()) return missing_setting("log_data");
  for (const auto& location : etl.log_locations) TRY(expect_known_scheme(location));
  for (const auto& location : etl.song_locations) TRY(expect_known_scheme(location));
  etl.dry_run = options.dry_run;
  etl.show_sql = options.show_sql;
  etl.keep_staging = options.keep_staging;
  etl.stage = stage_mode(settings.stage);
  etl.max_rejects = settings.max_rejects;
  etl.group_bytes = group_bytes(settings);
  etl.straight_group_bytes = straight_group_bytes(settings);
  etl.decode = decode_limits(settings);
  if (settings.straight_bytes) etl.straight_bytes_min = *settings.straight_bytes;
  return etl;
}

ProgressState state_of(const Progress& progress, double seconds) {
  const std::uint64_t total = progress.bytes_total.load();
  const std::uint64_t read = std::min(progress.bytes_read.load(), total);
  const auto speed = static_cast<std::uint64_t>(static_cast<double>(read) / seconds);
  return {
      total == 0 ? 0 : static_cast<double>(read) / static_cast<double>(total),
      fmt::format("{} of {}, {} records, {} rejects, {}/s", format_bytes(read), format_bytes(total),
                  progress.records.load(), progress.rejects.load(), format_bytes(speed))};
}

int exit_code(const RunSummary& summary) {
  if (summary.error) return exit_code_of(summary.error->kind, stop_signal_number());
  if (!summary.failed_objects.empty()) return kExitSource;
  return any_failed(summary.checks) ? kExitFindings : kExitDone;
}

Result<int> run(const Options& options, const CommandContext& context) {
  TRY_ASSIGN(const EtlOptions etl, etl_options(options, context.settings));
  const auto use = options.dry_run ? WarehouseUse::read : WarehouseUse::write;
  TRY_ASSIGN(const OpenWarehouse open, open_warehouse(context, use));
  TRY(expect_stage(context.settings, *open.warehouse));
  const StopFlag& stop = catch_stop_signals();
  log_debug(fmt::format("loading into {} on {} threads, groups of {} bytes, straight ones of {}",
                        open.warehouse->display_name(), context.settings.threads, etl.group_bytes,
                        etl.straight_group_bytes));
  SourceAccess sources(context, stop);
  const auto store = sources.store();
  Progress progress;
  RunSummary summary;
  {
    const ProgressDisplay display([&](double seconds) { return state_of(progress, seconds); },
                                  ProgressDisplay::form(context));
    summary = run_etl(etl, {*store, *open.warehouse, open.sql, progress, stop});
  }
  if (summary.ignored_files > 0) {
    log_debug(fmt::format("{} files were passed over: their names do not say JSON",
                          summary.ignored_files));
  }
  print_data(context.flags.json ? summary_json(summary) : summary_text(summary));
  if (summary.error) log_error(summary.error->message);
  return exit_code(summary);
}

}  // namespace

Command add_etl(CLI::App& app, GlobalFlags& flags) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("etl", "Load what is new: list, stage, transform, check, summary");
  add_setting_flag(*command, flags, "--log-data", "log_data", "PATH",
                   "Event logs: a folder (walked), a file, a quoted glob; or s3://BUCKET/PREFIX");
  add_setting_flag(*command, flags, "--song-data", "song_data", "PATH", "Song files: likewise");
  auto* dry_run =
      command->add_flag("--dry-run", options->dry_run, "Print the plan and change nothing");
  command->add_flag("--sql", options->show_sql, "With --dry-run: every statement as well")
      ->needs(dry_run);
  command->add_flag("--keep-staging", options->keep_staging,
                    "Keep the last group's rows in staging_events and staging_songs");
  add_setting_flag(*command, flags, "--max-rejects", "max_rejects", "N",
                   "Roll the group back that goes past N rejects, and stop");
  command->footer(
      "Files: .json .jsonl .ndjson, each also .gz .zst .bz2. What was loaded before is skipped.\n"
      "Examples:\n"
      "  sparkify etl --log-data data/log_data --song-data data/song_data\n"
      "  sparkify etl --log-data 'data/log_data/2018/11/*.json.gz' --dry-run\n"
      "  sparkify etl --log-data logs --song-data songs --max-rejects 100 --json\n"
      "  sparkify etl --log-data s3://bucket/log_data --song-data s3://bucket/song_data");
  return {command, [options](const CommandContext& context) { return run(*options, context); }};
}

}  // namespace sparkify
