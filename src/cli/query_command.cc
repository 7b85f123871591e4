#include <fmt/format.h>

#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/stop_signals.h"
#include "cli/warehouse_factory.h"
#include "report/row_writer.h"

namespace sparkify {

namespace {

struct Options {
  std::string sql;
  std::string format;
  std::size_t rows_max = 40;
};

Result<int> run(const Options& options, const CommandContext& context) {
  const std::string name = options.format.empty() ? "box" : options.format;
  TRY_ASSIGN(const RowFormat format, parse_row_format(name));
  TRY_ASSIGN(const OpenWarehouse open, open_warehouse(context, WarehouseUse::user_sql));
  const bool as_document = context.flags.json && options.format.empty();
  const auto writer = as_document ? make_document_writer("sparkify.query/1", print)
                                  : make_row_writer(format, print, options.rows_max);
  TRY(run_until_signal(*open.warehouse,
                       [&] { return open.warehouse->read(options.sql, {}, *writer); }));
  writer->finish();
  return kExitDone;
}

}  // namespace

Command add_query(CLI::App& app, GlobalFlags& /*flags*/) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("query", "Ask the tables in SQL; reads only");
  command->add_option("SQL", options->sql, "One statement")->required();
  command
      ->add_option("--format", options->format,
                   fmt::format("One of {} (default box)", kRowFormatNames))
      ->type_name("FORMAT");
  command->add_option("--rows", options->rows_max, "Rows that a box shows (default 40)")
      ->type_name("N");
  command->footer(
      "Tables: songplays users songs artists time unmatched_songplays etl_runs etl_objects\n"
      "etl_rejects. Views: plays (with names), user_levels. All times are UTC.\n"
      "Examples:\n"
      "  sparkify query \"select weekday, hour, count(*) as plays from songplays\n"
      "                  join time using (start_time) group by all order by plays desc limit 5\"\n"
      "  sparkify query \"select * from plays\" --format csv > plays.csv\n"
      "  sparkify query \"select * from user_levels where user_id = 15\" --format jsonl");
  return {command, [options](const CommandContext& context) { return run(*options, context); }};
}

}  // namespace sparkify
