#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/settings.h"

namespace sparkify {

/// What stands before or behind every command.
struct GlobalFlags {
  std::map<std::string, std::string> settings;  ///< by setting name
  std::optional<std::string> config_path;
  bool quiet = false;
  int verbose = 0;
  bool json = false;
};

/// What a command runs with.
struct CommandContext {
  const GlobalFlags& flags;
  const Settings& settings;
  const std::map<std::string, std::string>& environment;
};

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

/// Writes to stdout. Results only.
void print(std::string_view text);

/// Likewise, of what has data in it as they are: a terminal must not obey them, so it gets control
/// characters as text, line feeds apart. `text` is of whole characters.
void print_data(std::string_view text);

}  // namespace sparkify
