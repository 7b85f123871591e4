#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "base/log.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/source_access.h"
#include "report/row_writer.h"

namespace sparkify {

namespace {

bool is_in_s3(const std::optional<std::string>& location) {
  return location && location->starts_with("s3://");
}

/// Where the credentials for S3 come from, if S3 is in use; finding out may ask the network.
std::optional<Setting> s3_credentials(const CommandContext& context) {
  if (!is_in_s3(context.settings.log_data) && !is_in_s3(context.settings.song_data)) {
    return std::nullopt;
  }
  const StopFlag never;
  SourceAccess sources(context, never);
  const auto provider = sources.credentials_provider();
  if (!provider.ok()) {
    log_warning(provider.error().message);
    return Setting{"s3_credentials", "(none found)", "AWS", false};
  }
  return Setting{"s3_credentials", "(found)", printable(*provider), false};
}

Result<int> run(const CommandContext& context) {
  std::vector<Setting> shown = context.settings.shown;
  if (auto credentials = s3_credentials(context)) shown.push_back(*std::move(credentials));
  if (context.flags.json) {
    nlohmann::ordered_json settings = nlohmann::ordered_json::array();
    for (const Setting& setting : shown) {
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
  for (const Setting& setting : shown) {
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
