#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/byte_size.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/progress_display.h"
#include "cli/source_access.h"
#include "cli/url_secret.h"
#include "generate/generator.h"
#include "generate/preset.h"

namespace sparkify {

namespace {

struct Options {
  std::string out;
  std::string preset;
  std::string faults;
  /// What flags say, to be put into the options.
  std::vector<std::function<void(GenerateOptions&)>> said;
};

/// A flag for one of the options; what it says is stronger than a preset.
template <typename Value>
void add_option_to(CLI::App& command, Options& options, Value GenerateOptions::*member,
                   const std::string& flag, const std::string& type, const std::string& help) {
  command
      .add_option_function<Value>(
          flag,
          [&options, member](const Value& value) {
            options.said.push_back([member, value](GenerateOptions& to) { to.*member = value; });
          },
          help)
      ->type_name(type);
}

Result<GenerateOptions> wanted(const Options& options) {
  GenerateOptions generate;
  if (!options.preset.empty()) {
    const auto found = preset(options.preset);
    if (!found) {
      return make_error(ErrorKind::usage, fmt::format("--preset: there is no {}; give one of {}",
                                                      printable(options.preset), preset_names()));
    }
    generate = *found;
  }
  for (const auto& say : options.said) say(generate);
  if (!options.faults.empty()) {
    TRY_ASSIGN(generate.faults, parse_faults(options.faults));
  }
  return generate;
}

ProgressState state_of(const GenerateProgress& progress, const GenerateOptions& options,
                       double seconds) {
  const std::int64_t total = (options.songs + options.events) / options.deliveries;
  const std::int64_t done = std::min(progress.records.load(), total);
  const auto bytes = static_cast<std::uint64_t>(progress.bytes.load());
  const auto speed = static_cast<std::uint64_t>(static_cast<double>(bytes) / seconds);
  return {total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total),
          fmt::format("{} of {} records, {}, {}/s", done, total, format_bytes(bytes),
                      format_bytes(speed))};
}

std::string as_text(const GenerateSummary& summary, const std::string& out) {
  std::string text = fmt::format(
      "Wrote {} files ({}) into {}: {} log records of which {} plays, {} song records.\n",
      summary.files, format_bytes(static_cast<std::uint64_t>(summary.bytes)), printable(out),
      summary.events, summary.plays, summary.songs);
  for (const auto& [kind, count] : summary.faults) {
    text += fmt::format("  fault {:<17} {}\n", to_string(kind), count);
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

Result<int> run(const Options& options, const CommandContext& context) {
  if (holds_aws_keys(options.out)) {
    return make_error(ErrorKind::config, fmt::format("flag --out: {}", kKeysInLocation));
  }
  TRY_ASSIGN(GenerateOptions generate_options, wanted(options));
  generate_options.threads = context.settings.threads;
  const StopFlag never;
  SourceAccess sources(context, never);
  TRY_ASSIGN(const auto writer, sources.writer(options.out));
  GenerateProgress progress;
  GenerateSummary summary;
  {
    const ProgressDisplay display(
        [&](double seconds) { return state_of(progress, generate_options, seconds); },
        ProgressDisplay::form(context));
    TRY_ASSIGN(summary, generate(generate_options, *writer, progress));
  }
  print(context.flags.json ? as_json(summary, options.out) : as_text(summary, options.out));
  return kExitDone;
}

}  // namespace

Command add_generate(CLI::App& app, GlobalFlags& /*flags*/) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "generate", "Make sample logs and songs; the same options give the same bytes");
  command
      ->add_option("--out", options->out,
                   "Folder, or s3://BUCKET/PREFIX, to write log_data/ and song_data/ into")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("--preset", options->preset,
                   "Sizes under one name: tiny, demo, month, year; other flags are stronger")
      ->type_name("NAME");
  add_option_to(*command, *options, &GenerateOptions::seed, "--seed", "N",
                "Another seed, other data (default 1)");
  add_option_to(*command, *options, &GenerateOptions::events, "--events", "N",
                "Log records (default 10000)");
  add_option_to(*command, *options, &GenerateOptions::users, "--users", "N", "Users (default 100)");
  add_option_to(*command, *options, &GenerateOptions::songs, "--songs", "N",
                "Song records (default 500)");
  add_option_to(*command, *options, &GenerateOptions::days, "--days", "N",
                "Days, a log file each (default 30)");
  add_option_to(*command, *options, &GenerateOptions::start_date, "--start", "DATE",
                "The first day (default 2018-11-01)");
  add_option_to(*command, *options, &GenerateOptions::match_rate, "--match-rate", "RATE",
                "Share of the plays that have a song record (default 0.5)");
  add_option_to(
      *command, *options, &GenerateOptions::deliveries, "--deliveries", "N",
      "Let the data come in N parts, with what is late or changed in between (default 1)");
  add_option_to(*command, *options, &GenerateOptions::delivery, "--delivery", "K",
                "Which of them to write; give 1 to N one after another (default 1)");
  command->add_flag_callback(
      "--gzip",
      [options = options.get()] {
        options->said.push_back([](GenerateOptions& to) { to.gzip = true; });
      },
      "Write .json.gz");
  command
      ->add_option("--faults", options->faults,
                   "Faults to plant: `all`, or KIND=RATE,... (docs/generator.md has the kinds)")
      ->type_name("FAULTS");
  command->footer(
      "Examples:\n"
      "  sparkify generate --out sample\n"
      "  sparkify generate --out s3://bucket/sample --preset month --gzip\n"
      "  sparkify generate --out big --events 2000000 --users 5000 --songs 20000 --seed 7\n"
      "  sparkify generate --out bad --faults bad_json=0.01,duplicate=0.05\n"
      "  sparkify generate --out parts --deliveries 3 --delivery 1 --faults late_file=0.2");
  return {command, [options](const CommandContext& context) { return run(*options, context); }};
}

}  // namespace sparkify
