#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <new>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/log.h"
#include "base/process_memory.h"
#include "base/redaction.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/last_words.h"
#include "cli/output.h"
#include "cli/stop_signals.h"
#include "cli/url_secret.h"
#include "cli/usage_error.h"

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

/// A password in an address where it does not belong, or of a proxy, which curl repeats.
void keep_login_out_of_messages(std::string_view address) {
  const auto login = login_with_password(address);
  if (!login) return;
  keep_out_of_messages(Secret(std::string(*login)));
  keep_out_of_messages(Secret(std::string(login->substr(login->find(':') + 1))));
}

/// What the environment gives away is named before anything can be said of it.
void keep_secrets_out_of_messages(const std::map<std::string, std::string>& environment) {
  for (const char* name :
       {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    const auto found = environment.find(name);
    if (found != environment.end()) keep_login_out_of_messages(found->second);
  }
  for (const char* name : {"SPARKIFY_DB_PASSWORD", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY",
                           "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"}) {
    const auto found = environment.find(name);
    if (found != environment.end()) keep_out_of_messages(Secret(found->second));
  }
}

/// An error goes to stderr; with --json, also to stdout as the one document.
int report(const Error& error, bool as_json) {
  log_error(error.message);
  if (as_json) {
    const nlohmann::ordered_json document{{"format", "sparkify.error/1"}, {"error", error.message}};
    print(document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  }
  return exit_code_of(error.kind, stop_signal_number());
}

/// `code`, unless it says that all is well and stdout did not take the result.
int code_if_written(int code) {
  if (std::cout.flush() && std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  log_error(fmt::format("writing the result to stdout failed ({})", std::strerror(errno)));
  return code == kExitDone ? static_cast<int>(kExitFindings) : code;
}

int report_usage(const CommandLine& line, const CLI::ParseError& error,
                 const std::vector<std::string>& arguments) {
  if (error.get_exit_code() == 0) {  // --help, --version
    return code_if_written(line.app.exit(error));
  }
  const bool as_json = std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
  return report(make_error(ErrorKind::usage, usage_message(line, arguments, error.what())),
                as_json);
}

/// The log's form has to be known before the settings are: their errors go there too.
bool wants_json_log(const SettingSources& sources) {
  const auto flag = sources.flags.find("log_format");
  if (flag != sources.flags.end()) return flag->second == "json";
  const auto variable = sources.environment.find("SPARKIFY_LOG_FORMAT");
  return variable != sources.environment.end() && variable->second == "json";
}

/// Buffers come and go by the megabyte, on dozens of threads that wait for S3. Left alone, the
/// allocator keeps a heap for each thread and freed buffers in it, which is too much where memory
/// is scarce; giving every buffer's pages back at once is slow where it is not.
void share_out_heaps(std::uint64_t memory_limit_bytes) {
  constexpr int kHeapsMax = 2;
  constexpr std::uint64_t kShare = 256;
  constexpr std::uint64_t kOwnPagesLeast = std::uint64_t{1} << 20;
  constexpr std::uint64_t kOwnPagesMost = std::uint64_t{32} << 20;  // the allocator's own bound
  constexpr int kKeptBuffers = 8;
  // From so many bytes on, a buffer has pages of its own, which go when it goes.
  const auto own_pages =
      static_cast<int>(std::clamp(memory_limit_bytes / kShare, kOwnPagesLeast, kOwnPagesMost));
  ::mallopt(M_ARENA_MAX, kHeapsMax);
  ::mallopt(M_MMAP_THRESHOLD, own_pages);
  ::mallopt(M_TRIM_THRESHOLD, own_pages * kKeptBuffers);
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
  if (wants_json_log(sources)) start_log(true, LogLevel::warning);
  const auto settings = resolve_settings(sources);
  if (!settings.ok()) return report(settings.error(), flags.json);
  keep_out_of_messages(settings->db_password);
  const LogLevel least = flags.quiet         ? LogLevel::error
                         : flags.verbose > 0 ? LogLevel::debug
                                             : LogLevel::info;
  start_log(settings->log_format == LogFormat::json, least);
  for (const std::string& warning : settings->warnings) log_warning(warning);
  share_out_heaps(settings->memory_limit_bytes);
  const std::string name = chosen.front()->get_name();
  note_command(name);
  const Command& command = line.commands.at(name);
  const auto code = command.run({flags, *settings, sources.environment});
  if (!code.ok()) return report(code.error(), flags.json);
  return code_if_written(*code);
}

int run(int argc, char** argv) {
  // Somebody who works on the program may want a core file.
  const char* const core_dumps = std::getenv("SPARKIFY_CORE_DUMPS");
  if (core_dumps == nullptr || std::string_view(core_dumps) != "true") protect_process_memory();
  // A file that may grow no further (ulimit -f) is an error to report, not the end of the process.
  std::signal(SIGXFSZ, SIG_IGN);
  keep_secrets_out_of_messages(environment());
  for (int i = 1; i < argc; ++i) keep_login_out_of_messages(argv[i]);
  CommandLine line;
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return report_usage(line, error, {argv + 1, argv + argc});
  }
  return run_command(line);
}

/// Before the first object of ours is made: that, too, can fail for want of memory.
[[gnu::constructor(101)]] void prepare_for_the_worst() { std::set_terminate(end_of_uncaught); }

}  // namespace
}  // namespace sparkify

int main(int argc, char** argv) {
  try {
    return sparkify::run(argc, argv);
  } catch (const std::bad_alloc&) {
    return sparkify::report_out_of_memory();
  } catch (const std::exception& error) {
    sparkify::log_error(fmt::format("internal error: {}. Please report this with the command line",
                                    sparkify::printable(error.what())));
  }
  return sparkify::kExitInternal;
}
