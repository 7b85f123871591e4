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
#include "pipeline/readonly_role.h"

namespace sparkify {

namespace {

Result<int> run(const std::string& role, const CommandContext& context) {
  TRY_ASSIGN(const OpenWarehouse open, open_warehouse(context, WarehouseUse::manage));
  TRY(run_until_signal(*open.warehouse,
                       [&] { return grant_readonly(*open.warehouse, open.sql, role); }));
  const std::string where = open.warehouse->display_name();
  if (context.flags.json) {
    const nlohmann::ordered_json document{
        {"format", "sparkify.grant_readonly/1"}, {"warehouse", where}, {"role", role}};
    print(document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  } else {
    print(
        fmt::format("{} may now read songplays, users, songs, artists, time, "
                    "unmatched_songplays, plays and user_levels of {}, and nothing else of it.\n",
                    printable(role), where));
  }
  return kExitDone;
}

}  // namespace

Command add_grant_readonly(CLI::App& app, GlobalFlags& /*flags*/) {
  auto role = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "grant-readonly", "PostgreSQL, Redshift: let a role or user read the star, and nothing else");
  command->add_option("ROLE", *role, "A role that exists; in Redshift a user")->required();
  command->footer(
      "Safe to repeat; after `create-tables --drop` it has to be. `query` works under such a "
      "role.\n"
      "Example:\n"
      "  sparkify grant-readonly analyst --warehouse postgresql://loader@db.example.com/music");
  return {command, [role](const CommandContext& context) { return run(*role, context); }};
}

}  // namespace sparkify
