#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/log.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/nearest_word.h"

extern "C" char** environ;

namespace sparkify {
namespace {

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

/// An error goes to stderr; with --json, also to stdout as the one document.
int report(const Error& error, bool as_json) {
  log_error(error.message);
  if (as_json) {
    const nlohmann::ordered_json document{{"format", "sparkify.error/1"}, {"error", error.message}};
    print(document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  }
  return exit_code_of(error.kind);
}

/// CLI11's words for a wrong command line, and what was probably meant.
int report_usage(const CommandLine& line, const CLI::ParseError& error, int argc, char** argv) {
  if (error.get_exit_code() == 0) return line.app.exit(error);  // --help
  std::string hint;
  std::vector<std::string_view> names;
  for (const auto& [name, command] : line.commands) names.push_back(name);
  if (argc > 1 && argv[1][0] != '-' && line.commands.find(argv[1]) == line.commands.end()) {
    if (const auto near = nearest_word(argv[1], names)) {
      hint = fmt::format(" (did you mean `{}`?)", *near);
    }
  }
  log_error(
      fmt::format("{}{}; `sparkify --help` shows what there is", printable(error.what()), hint));
  return kExitUsage;
}

int run_command(const CommandLine& line) {
  const auto& chosen = line.app.get_subcommands();
  if (chosen.empty()) {
    print(line.app.help());
    return kExitDone;
  }
  const GlobalFlags& flags = line.flags;
  SettingSources sources;
  sources.flags = flags.settings;
  sources.environment = environment();
  sources.config_path = flags.config_path;
  const auto settings = resolve_settings(sources);
  if (!settings.ok()) return report(settings.error(), flags.json);
  const LogLevel least = flags.quiet         ? LogLevel::error
                         : flags.verbose > 0 ? LogLevel::debug
                                             : LogLevel::info;
  start_log(settings->log_format == LogFormat::json, least);
  for (const std::string& warning : settings->warnings) log_warning(warning);
  const Command& command = line.commands.at(chosen.front()->get_name());
  const auto code = command.run({flags, *settings});
  if (!code.ok()) return report(code.error(), flags.json);
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    log_error(fmt::format("writing the result to stdout failed ({})", std::strerror(errno)));
    return *code == kExitDone ? static_cast<int>(kExitInternal) : *code;
  }
  return *code;
}

int run(int argc, char** argv) {
  CommandLine line;
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_usage(line, error, argc, argv);
  }
  return run_command(line);
}

}  // namespace
}  // namespace sparkify

int main(int argc, char** argv) {
  try {
    return sparkify::run(argc, argv);
  } catch (const std::bad_alloc&) {
    sparkify::log_error(
        "out of memory; give a smaller --memory-limit or fewer --threads. Nothing of the current "
        "group was committed");
  } catch (const std::exception& error) {
    sparkify::log_error(fmt::format("internal error: {}. Please report this with the command line",
                                    sparkify::printable(error.what())));
  }
  return sparkify::kExitInternal;
}
