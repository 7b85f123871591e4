#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/byte_size.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/source_access.h"
#include "cli/url_secret.h"
#include "generate/generator.h"

namespace sparkify {

namespace {

struct Options {
  std::string out;
  std::string faults;
  GenerateOptions generate;
};

std::string as_text(const GenerateSummary& summary, const std::string& out) {
  std::string text = fmt::format(
      "Wrote {} files ({}) into {}: {} log records of which {} plays, {} song records.\n",
      summary.files, format_bytes(static_cast<std::uint64_t>(summary.bytes)), printable(out),
      summary.events, summary.plays, summary.songs);
  for (const auto& [kind, count] : summary.faults) {
    text += fmt::format("  fault {:<14} {}\n", to_string(kind), count);
  }
  return text + fmt::format(
                    "What an ETL must make of them is in {}/truth.json. Load them with\n"
                    "  sparkify etl --log-data {}/log_data --song-data {}/song_data\n",
                    printable(out), printable(out), printable(out));
}

std::string as_json(const GenerateSummary& summary, const std::string& out) {
  nlohmann::ordered_json faults = nlohmann::ordered_json::object();
  for (const auto& [kind, count] : summary.faults) faults[std::string(to_string(kind))] = count;
  const nlohmann::ordered_json document{{"format", "sparkify.generate/1"}, {"out", out},
                                        {"files", summary.files},          {"bytes", summary.bytes},
                                        {"events", summary.events},        {"plays", summary.plays},
                                        {"songs", summary.songs},          {"faults", faults}};
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Result<int> run(Options options, const CommandContext& context) {
  if (holds_aws_keys(options.out)) {
    return make_error(ErrorKind::config, fmt::format("flag --out: {}", kKeysInLocation));
  }
  if (!options.faults.empty()) {
    TRY_ASSIGN(options.generate.faults, parse_faults(options.faults));
  }
  const StopFlag never;
  SourceAccess sources(context, never);
  TRY_ASSIGN(const auto writer, sources.writer(options.out));
  TRY_ASSIGN(const GenerateSummary summary, generate(options.generate, *writer));
  print(context.flags.json ? as_json(summary, options.out) : as_text(summary, options.out));
  return kExitDone;
}

}  // namespace

Command add_generate(CLI::App& app, GlobalFlags& /*flags*/) {
  auto options = std::make_shared<Options>();
  GenerateOptions& generate = options->generate;
  CLI::App* command = app.add_subcommand(
      "generate", "Make sample logs and songs; the same options give the same bytes");
  command
      ->add_option("--out", options->out,
                   "Folder, or s3://BUCKET/PREFIX, to write log_data/ and song_data/ into")
      ->required()
      ->type_name("DIR");
  command->add_option("--seed", generate.seed, "Another seed, other data (default 1)")
      ->type_name("N");
  command->add_option("--events", generate.events, "Log records (default 10000)")->type_name("N");
  command->add_option("--users", generate.users, "Users (default 100)")->type_name("N");
  command->add_option("--songs", generate.songs, "Song records (default 500)")->type_name("N");
  command->add_option("--days", generate.days, "Days, a log file each (default 30)")
      ->type_name("N");
  command->add_option("--start", generate.start_date, "The first day (default 2018-11-01)")
      ->type_name("DATE");
  command
      ->add_option("--match-rate", generate.match_rate,
                   "Share of the plays that have a song record (default 0.5)")
      ->type_name("RATE");
  command
      ->add_option("--faults", options->faults,
                   "Faults to plant: `all`, or KIND=RATE,... (docs/generator.md has the kinds)")
      ->type_name("FAULTS");
  command->footer(
      "Examples:\n"
      "  sparkify generate --out sample\n"
      "  sparkify generate --out big --events 2000000 --users 5000 --songs 20000 --seed 7\n"
      "  sparkify generate --out bad --faults bad_json=0.01,duplicate=0.05");
  return {command, [options](const CommandContext& context) { return run(*options, context); }};
}

}  // namespace sparkify
