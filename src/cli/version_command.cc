#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/version.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "warehouse/duckdb/duckdb_warehouse.h"
#include "warehouse/postgres/postgres_warehouse.h"

namespace sparkify {

namespace {

Result<int> run(const CommandContext& context) {
  if (context.flags.json) {
    const nlohmann::ordered_json document{{"format", "sparkify.version/1"},
                                          {"version", program_version()},
                                          {"tables", kSchemaVersion},
                                          {"duckdb", duckdb_version()},
                                          {"libpq", libpq_version()}};
    print(document.dump(2) + "\n");
  } else {
    print(fmt::format("sparkify {} (tables version {}, DuckDB {}, libpq {})\n", program_version(),
                      kSchemaVersion, duckdb_version(), libpq_version()));
  }
  return kExitDone;
}

}  // namespace

Command add_version(CLI::App& app, GlobalFlags& /*flags*/) {
  CLI::App* command = app.add_subcommand("version", "The version of the program and its parts");
  command->footer("Example:\n  sparkify version");
  return {command, [](const CommandContext& context) { return run(context); }};
}

}  // namespace sparkify
