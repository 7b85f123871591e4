#include "cli/report_source.h"

#include <fmt/format.h>

#include <chrono>
#include <csignal>

#include "base/time.h"
#include "cli/stop_signals.h"
#include "cli/warehouse_factory.h"
#include "pipeline/interruption.h"
#include "pipeline/schema_guard.h"
#include "report/freshness.h"
#include "report/report_document.h"
#include "warehouse/duckdb/file_sign.h"

namespace sparkify {

namespace {

constexpr std::string_view kDuckdbScheme = "duckdb:";
/// What a server's document may take in all; behind it, viewers would look at the past for ever.
constexpr std::chrono::minutes kLiveTimeMax{5};

Result<bool> sees_runs_of_ours(const OpenWarehouse& open) {
  TRY_ASSIGN(const bool sees_runs, may_read_runs(*open.warehouse, open.sql));
  if (sees_runs) TRY(expect_our_schema(*open.warehouse, open.sql));
  return sees_runs;
}

Result<std::string> ask(const OpenWarehouse& open, const std::vector<Analysis>& custom,
                        std::uint64_t live_version) {
  TRY_ASSIGN(const bool sees_runs, sees_runs_of_ours(open));
  TRY_ASSIGN(std::vector<Analysis> analyses, built_in_analyses(open.sql));
  analyses.insert(analyses.end(), custom.begin(), custom.end());
  return report_document(
      *open.warehouse, open.sql, analyses,
      {.made_at_micros = now_micros(), .live_version = live_version, .sees_runs = sees_runs});
}

/// Nobody sits before a server to end what takes too long.
Result<std::string> ask_within_limit(const OpenWarehouse& open, const std::vector<Analysis>& custom,
                                     std::uint64_t live_version) {
  const double begun = monotonic_seconds();
  StopFlag expiring;
  expiring.request(SIGALRM);
  const Interruption limit(*open.warehouse, expiring, kLiveTimeMax);
  auto made = ask(open, custom, live_version);
  constexpr std::chrono::duration<double> kSeconds = kLiveTimeMax;
  if (made.ok() || monotonic_seconds() - begun < kSeconds.count()) return made;
  return make_error(ErrorKind::database,
                    fmt::format("{}: the analyses took longer than {} minutes and were ended",
                                open.warehouse->display_name(), kLiveTimeMax.count()));
}

}  // namespace

Result<ReportSource> ReportSource::make(const CommandContext& context,
                                        const std::string& custom_folder) {
  if (custom_folder.empty()) return ReportSource(context, {});
  TRY_ASSIGN(auto custom, read_analyses(custom_folder));
  return ReportSource(context, std::move(custom));
}

Result<std::string> ReportSource::document(std::uint64_t live_version) const {
  TRY_ASSIGN(const OpenWarehouse open, open_warehouse(context_, WarehouseUse::view));
  return run_until_signal(*open.warehouse, [&] {
    return live_version == 0 ? ask(open, custom_, live_version)
                             : ask_within_limit(open, custom_, live_version);
  });
}

Result<std::string> ReportSource::sign() const {
  const std::string& url = context_.settings.warehouse;
  if (url.starts_with(kDuckdbScheme)) return duckdb_file_sign(url.substr(kDuckdbScheme.size()));
  TRY_ASSIGN(const OpenWarehouse open, open_warehouse(context_, WarehouseUse::view));
  return run_until_signal(*open.warehouse, [&]() -> Result<std::string> {
    TRY_ASSIGN(const bool sees_runs, sees_runs_of_ours(open));
    return freshness_sign(*open.warehouse, open.sql, sees_runs);
  });
}

}  // namespace sparkify
