#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <string>

#include "base/result.h"
#include "cli/command_context.h"

namespace sparkify {

/// A command of the program: what it adds to the command line, and what it does. `run` gives the
/// exit code; results have gone to stdout by then.
struct Command {
  CLI::App* app = nullptr;
  std::function<Result<int>(const CommandContext&)> run;
};

/// Each adds its command to `app`. `flags` outlives the parsing.
Command add_create_tables(CLI::App& app, GlobalFlags& flags);
Command add_etl(CLI::App& app, GlobalFlags& flags);
Command add_status(CLI::App& app, GlobalFlags& flags);
Command add_rejects(CLI::App& app, GlobalFlags& flags);
Command add_check(CLI::App& app, GlobalFlags& flags);
Command add_query(CLI::App& app, GlobalFlags& flags);
Command add_report(CLI::App& app, GlobalFlags& flags);
Command add_serve(CLI::App& app, GlobalFlags& flags);
Command add_grant_readonly(CLI::App& app, GlobalFlags& flags);
Command add_iam(CLI::App& app, GlobalFlags& flags);
Command add_doctor(CLI::App& app, GlobalFlags& flags);
Command add_generate(CLI::App& app, GlobalFlags& flags);
Command add_config(CLI::App& app, GlobalFlags& flags);
Command add_version(CLI::App& app, GlobalFlags& flags);

/// Adds a flag that sets a setting.
void add_setting_flag(CLI::App& app, GlobalFlags& flags, const std::string& flag,
                      const std::string& setting, const std::string& value_name,
                      const std::string& help);

/// The whole command line, all commands included; for parsing and for tests of the manual page.
struct CommandLine {
  GlobalFlags flags;
  CLI::App app{"sparkify"};
  std::map<std::string, Command> commands;

  CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;
};

}  // namespace sparkify
