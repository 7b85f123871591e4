#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/utf8.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/stop_signals.h"
#include "cli/warehouse_factory.h"
#include "pipeline/schema_guard.h"
#include "report/row_writer.h"

namespace sparkify {

namespace {

struct Options {
  std::int64_t runs = 5;
};

struct WarehouseStatus {
  Rows tables;
  Rows objects;
  Rows runs;
  Rows drift;  ///< of the newest run
};

Result<WarehouseStatus> read_status(const Options& options, const OpenWarehouse& open) {
  Warehouse& warehouse = *open.warehouse;
  TRY(expect_our_schema(warehouse, open.sql));
  WarehouseStatus status;
  TRY_ASSIGN(status.tables, warehouse.query(open.sql.get("status/tables")));
  TRY_ASSIGN(status.objects, warehouse.query(open.sql.get("status/objects")));
  TRY_ASSIGN(status.runs, warehouse.query(open.sql.get("status/runs"), {options.runs}));
  const std::int64_t newest = status.runs.empty() ? 0 : status.runs.integer(0, 0);
  TRY_ASSIGN(status.drift, warehouse.query(open.sql.get("status/drift"), {newest}));
  return status;
}

std::string drift_line(const Row& row) {
  const bool is_known = row[2].text == "1";
  const std::string key = printable(row[1].text);
  if (is_known) return fmt::format("  no {} record had the key \"{}\"\n", row[0].text, key);
  return fmt::format("  unknown key \"{}\" in {} {} records\n", key, row[3].text, row[0].text);
}

std::string status_text(const WarehouseStatus& status, const OpenWarehouse& open) {
  std::string out =
      fmt::format("{}\n\nTables\n{}", open.warehouse->display_name(), box_text(status.tables));
  if (status.runs.empty()) {
    return out + "\nNothing was loaded yet: `sparkify etl --log-data PATH --song-data PATH`.\n";
  }
  out += fmt::format("\nObjects in the ledger\n{}", box_text(status.objects));
  out += fmt::format("\nLast runs\n{}", box_text(status.runs));
  if (status.drift.empty()) return out + "\nDrift in the last run: none.\n";
  out += "\nDrift in the last run\n";
  for (const Row& row : status.drift.rows) out += drift_line(row);
  return out;
}

nlohmann::ordered_json as_json(const Rows& rows) {
  std::string text;
  const auto writer = make_row_writer(
      RowFormat::json, [&text](std::string_view part) { text += part; }, 0);
  SPARKIFY_ASSERT(writer->begin(rows.columns).ok());
  for (const Row& row : rows.rows) SPARKIFY_ASSERT(writer->row(row).ok());
  writer->finish();
  return nlohmann::ordered_json::parse(text);
}

Result<int> run(const Options& options, const CommandContext& context) {
  TRY_ASSIGN(const OpenWarehouse open, open_warehouse(context, WarehouseUse::read));
  TRY_ASSIGN(const WarehouseStatus status,
             run_until_signal(*open.warehouse, [&] { return read_status(options, open); }));
  if (!context.flags.json) {
    print_data(status_text(status, open));
    return kExitDone;
  }
  const nlohmann::ordered_json document{
      {"format", "sparkify.status/1"},    {"warehouse", open.warehouse->display_name()},
      {"tables", as_json(status.tables)}, {"objects", as_json(status.objects)},
      {"runs", as_json(status.runs)},     {"drift", as_json(status.drift)}};
  print_data(document.dump(2) + "\n");
  return kExitDone;
}

}  // namespace

Command add_status(CLI::App& app, GlobalFlags& /*flags*/) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("status", "What is loaded, what the last runs did, drift");
  command->add_option("--runs", options->runs, "How many runs to show (default 5)")
      ->type_name("N")
      ->check(CLI::Range(1, 100000));
  command->footer(
      "Examples:\n"
      "  sparkify status\n"
      "  sparkify status --runs 50 --json");
  return {command, [options](const CommandContext& context) { return run(*options, context); }};
}

}  // namespace sparkify
