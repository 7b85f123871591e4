#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/utf8.h"
#include "check/check.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/stop_signals.h"
#include "cli/warehouse_factory.h"
#include "pipeline/schema_guard.h"

namespace sparkify {

namespace {

std::string as_text(const std::vector<CheckResult>& results) {
  std::string out;
  std::size_t passed = 0;
  for (const CheckResult& result : results) {
    if (result.verdict == Verdict::pass) ++passed;
    out += fmt::format("{:<5} {:<22} {}\n", to_string(result.verdict), result.name, result.title);
    if (result.verdict != Verdict::pass) {
      out += fmt::format("      {} violations, such as {}; the rule: sql/checks/{}.sql\n",
                         result.violations, printable(result.example), result.name);
    }
  }
  return out + fmt::format("{} of {} rules hold\n", passed, results.size());
}

std::string as_json(const std::vector<CheckResult>& results, const std::string& warehouse) {
  nlohmann::ordered_json rules = nlohmann::ordered_json::array();
  for (const CheckResult& result : results) {
    rules.push_back({{"name", result.name},
                     {"title", result.title},
                     {"verdict", to_string(result.verdict)},
                     {"violations", result.violations},
                     {"example", result.example}});
  }
  const nlohmann::ordered_json document{{"format", "sparkify.check/1"},
                                        {"warehouse", warehouse},
                                        {"passed", !any_failed(results)},
                                        {"rules", rules}};
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Result<std::vector<CheckResult>> check_tables(const OpenWarehouse& open) {
  TRY(expect_our_schema(*open.warehouse, open.sql));
  return run_checks(*open.warehouse, open.sql, CheckScope::all);
}

Result<int> run(const CommandContext& context) {
  TRY_ASSIGN(const OpenWarehouse open, open_warehouse(context, WarehouseUse::read));
  TRY_ASSIGN(const auto results,
             run_until_signal(*open.warehouse, [&] { return check_tables(open); }));
  print_data(context.flags.json ? as_json(results, open.warehouse->display_name())
                                : as_text(results));
  return any_failed(results) ? kExitFindings : kExitDone;
}

}  // namespace

Command add_check(CLI::App& app, GlobalFlags& /*flags*/) {
  CLI::App* command = app.add_subcommand("check", "Hold the tables against the data-quality rules");
  command->footer(
      "A rule passes, warns or fails; exit code 1 when one fails.\n"
      "Examples:\n"
      "  sparkify check\n"
      "  sparkify check --json");
  return {command, [](const CommandContext& context) { return run(context); }};
}

}  // namespace sparkify
