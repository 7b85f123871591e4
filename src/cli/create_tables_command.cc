#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/stop_signals.h"
#include "cli/warehouse_factory.h"
#include "pipeline/schema_guard.h"

namespace sparkify {

namespace {

struct Options {
  bool drop = false;
  bool yes = false;
};

/// Asks before data is dropped, when a person is there to answer.
Result<bool> confirm_drop(const OpenWarehouse& open) {
  TRY_ASSIGN(const auto names, existing_tables(*open.warehouse, open.sql));
  if (names.empty()) return true;
  if (::isatty(STDIN_FILENO) == 0) {
    return make_error(ErrorKind::usage,
                      "--drop deletes every table and all loaded data; there is nobody to ask, so "
                      "add --yes if that is meant");
  }
  std::cerr << fmt::format("Drop {} tables and views of {} with all their data? [y/N] ",
                           names.size(), open.warehouse->display_name());
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

void show(const CreatedTables& result, const OpenWarehouse& open, bool as_json) {
  if (as_json) {
    const nlohmann::ordered_json document{{"format", "sparkify.create_tables/1"},
                                          {"warehouse", open.warehouse->display_name()},
                                          {"dropped", result.dropped},
                                          {"created", result.created},
                                          {"present", result.present}};
    print(document.dump(2) + "\n");
    return;
  }
  std::string text;
  if (!result.dropped.empty())
    text += fmt::format("Dropped {}.\n", fmt::join(result.dropped, ", "));
  if (!result.created.empty())
    text += fmt::format("Created {}.\n", fmt::join(result.created, ", "));
  if (!result.present.empty()) {
    text += fmt::format("{} tables and views were there already and keep their data.\n",
                        result.present.size());
  }
  text +=
      fmt::format("{} is ready: load it with `sparkify etl --log-data PATH --song-data PATH`.\n",
                  open.warehouse->display_name());
  print(text);
}

Result<int> run(const Options& options, const CommandContext& context) {
  TRY_ASSIGN(const OpenWarehouse open, open_warehouse(context, WarehouseUse::create));
  if (options.drop && !options.yes) {
    TRY_ASSIGN(const bool confirmed, confirm_drop(open));
    if (!confirmed) {
      if (context.flags.json) {
        show({}, open, true);
      } else {
        print("Nothing was dropped.\n");
      }
      return kExitDone;
    }
  }
  TRY_ASSIGN(const CreatedTables result, run_until_signal(*open.warehouse, [&] {
               return create_tables(*open.warehouse, open.sql, options.drop);
             }));
  show(result, open, context.flags.json);
  return kExitDone;
}

}  // namespace

Command add_create_tables(CLI::App& app, GlobalFlags& /*flags*/) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "create-tables", "Create the tables and views; safe to repeat, keeps what is there");
  command->add_flag("--drop", options->drop,
                    "Drop our tables first, with all loaded data; asks, or needs --yes");
  command->add_flag("--yes", options->yes, "Do not ask");
  command->footer(
      "Examples:\n"
      "  sparkify create-tables\n"
      "  sparkify create-tables --warehouse duckdb:/data/plays.duckdb\n"
      "  sparkify create-tables --drop --yes");
  return {command, [options](const CommandContext& context) { return run(*options, context); }};
}

}  // namespace sparkify
