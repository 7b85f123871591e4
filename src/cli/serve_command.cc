#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "base/log.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/report_source.h"
#include "cli/stop_signals.h"
#include "serve/access_token.h"
#include "serve/live_document.h"
#include "serve/page_server.h"

namespace sparkify {

namespace {

constexpr unsigned kRefreshSeconds = 10;
constexpr unsigned kRefreshSecondsMax = 86'400;
constexpr std::chrono::milliseconds kLookForSignalsEvery{50};
/// How long a page is held back for what a run has brought while nobody looked.
constexpr std::chrono::milliseconds kPatience{700};

struct Options {
  std::uint16_t port = 0;
  unsigned refresh_s = kRefreshSeconds;
  std::string reports;
};

/// Without the address nobody can come.
Status print_address(const std::string& url, const CommandContext& context) {
  if (context.flags.json) {
    print(nlohmann::ordered_json{{"format", "sparkify.serve/1"}, {"url", url}}.dump() + "\n");
  } else {
    print(url + "\n");
  }
  // Whoever waits for it behind a pipe: this process goes on.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    return make_error(ErrorKind::config, fmt::format("the address cannot be written to stdout ({})",
                                                     std::strerror(errno)));
  }
  log_info("serving the report on this machine only; Ctrl-C ends it");
  return {};
}

Result<int> run(const Options& options, const CommandContext& context) {
  TRY_ASSIGN(const ReportSource source, ReportSource::make(context, options.reports));
  LiveDocument document(
      {.sign = [&source] { return source.sign(); },
       .make = [&source](std::uint64_t version) { return source.document(version); }},
      {.pause = std::chrono::seconds(options.refresh_s), .patience = kPatience});
  TRY_ASSIGN(AccessToken token, AccessToken::make());
  PageServer server(document, std::move(token));
  TRY(server.bind(options.port));  // before the work, which may take minutes
  TRY(document.start());
  server.start();
  const StopFlag& stop = catch_stop_signals();  // until here they end us as they always do
  TRY(print_address(server.url(), context));
  while (!stop.is_set()) {
    if (!server.is_alive()) return make_error(ErrorKind::internal, "the listener has ended");
    std::this_thread::sleep_for(kLookForSignalsEvery);
  }
  return kExitDone;
}

}  // namespace

Command add_serve(CLI::App& app, GlobalFlags& /*flags*/) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("serve", "The report's page in a browser of this machine, always new");
  command
      ->add_option("--port", options->port,
                   "The port of 127.0.0.1 to listen on; 0 is any that is free (default 0)")
      ->type_name("PORT");
  command
      ->add_option("--refresh", options->refresh_s,
                   "While somebody looks, how often to see whether a run has landed (default 10)")
      ->type_name("SECONDS")
      ->check(CLI::Range(1U, kRefreshSecondsMax));
  command
      ->add_option("--reports", options->reports,
                   "A folder with analyses of your own: files NAME.sql")
      ->type_name("FOLDER");
  command->footer(
      "Prints the page's address, of which a random token is part: who has not got the address "
      "sees\n"
      "nothing. Only this machine is answered; from another one, go through a tunnel such as\n"
      "`ssh -L 127.0.0.1:8000:127.0.0.1:PORT HOST` and open the address with port 8000.\n"
      "Runs go on and wait for no viewer. Once the address is printed, Ctrl-C ends it with exit "
      "code 0.\n"
      "Examples:\n"
      "  sparkify serve\n"
      "  sparkify serve --port 8080 --reports our-analyses");
  return {command, [options](const CommandContext& context) { return run(*options, context); }};
}

}  // namespace sparkify
