#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "report/row_writer.h"

namespace sparkify {

namespace {

Result<int> run(const CommandContext& context) {
  if (context.flags.json) {
    nlohmann::ordered_json settings = nlohmann::ordered_json::array();
    for (const Setting& setting : context.settings.shown) {
      settings.push_back(
          {{"name", setting.name}, {"value", setting.value}, {"origin", setting.origin}});
    }
    const nlohmann::ordered_json document{{"format", "sparkify.config/1"}, {"settings", settings}};
    print(document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    return kExitDone;
  }
  Rows rows;
  rows.columns = {
      {"setting", ResultType::text}, {"value", ResultType::text}, {"from", ResultType::text}};
  for (const Setting& setting : context.settings.shown) {
    rows.rows.push_back({{false, setting.name}, {false, setting.value}, {false, setting.origin}});
  }
  print(box_text(rows));
  return kExitDone;
}

}  // namespace

Command add_config(CLI::App& app, GlobalFlags& /*flags*/) {
  CLI::App* command =
      app.add_subcommand("config", "Every setting, its value and where it came from");
  command->footer(
      "A flag wins over SPARKIFY_* variables, they win over --config FILE or ./dwh.cfg, and that\n"
      "over the default. Secrets are never shown.\n"
      "Examples:\n"
      "  sparkify config\n"
      "  sparkify config --config production.cfg --json");
  return {command, [](const CommandContext& context) { return run(context); }};
}

}  // namespace sparkify
