#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/shell/shell.h"
#include "cli/stop_signals.h"
#include "cli/warehouse_factory.h"
#include "report/row_writer.h"
#include "sql/statement_text.h"

namespace sparkify {

namespace {

constexpr std::size_t kRowsMax = 40;
/// There is a pager in the shell.
constexpr std::size_t kShellRowsMax = 10'000;
constexpr std::size_t kScriptBytesMax = std::size_t{16} << 20;
constexpr std::size_t kReadBytes = std::size_t{64} << 10;

struct Options {
  std::optional<std::string> sql;
  std::string format;
  std::optional<std::size_t> rows_max;
};

std::unique_ptr<RowWriter> make_writer(RowFormat format, const Options& options, bool as_document) {
  if (as_document) return make_document_writer("sparkify.query/1", print_data);
  return make_row_writer(format, print_data, options.rows_max.value_or(kRowsMax));
}

Result<std::string> read_script() {
  std::string script;
  std::array<char, kReadBytes> part{};
  while (script.size() <= kScriptBytesMax) {
    const ssize_t got = ::read(STDIN_FILENO, part.data(), part.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return make_error(ErrorKind::usage,
                        fmt::format("query: stdin cannot be read ({})", std::strerror(errno)));
    }
    if (got == 0) return script;
    script.append(part.data(), static_cast<std::size_t>(got));
  }
  return make_error(ErrorKind::usage, fmt::format("query: stdin is longer than {} MiB, too long "
                                                  "for statements",
                                                  kScriptBytesMax >> 20));
}

/// Those to run: the one that was given, or what stdin has.
Result<std::vector<std::string>> statements_of(const Options& options) {
  if (options.sql) return std::vector<std::string>{*options.sql};
  std::vector<std::string> statements;
  if (::isatty(STDIN_FILENO) == 0) {
    TRY_ASSIGN(const std::string script, read_script());
    for (const std::string_view each : split_statements(script)) statements.emplace_back(each);
  }
  if (!statements.empty()) return statements;
  return make_error(ErrorKind::usage,
                    "query: no statement was given; give it as SQL, on stdin, or leave it out on a "
                    "terminal for a shell; `sparkify query --help` has examples");
}

bool wants_shell(const Options& options, const GlobalFlags& flags) {
  return !options.sql && !flags.json && ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0;
}

Result<int> run(const Options& options, const CommandContext& context) {
  const std::string name = options.format.empty() ? "box" : options.format;
  TRY_ASSIGN(const RowFormat format, parse_row_format(name));
  if (wants_shell(options, context.flags)) {
    return run_shell({format, options.rows_max.value_or(kShellRowsMax)}, context);
  }
  TRY_ASSIGN(const std::vector<std::string> statements, statements_of(options));
  const bool as_document = context.flags.json && options.format.empty();
  if (as_document && statements.size() > 1) {
    return make_error(ErrorKind::usage,
                      "query: --json gives one document, so it takes one statement; give "
                      "--format jsonl for several");
  }
  TRY_ASSIGN(const OpenWarehouse open, open_warehouse(context, WarehouseUse::user_sql));
  for (const std::string& sql : statements) {
    const auto writer = make_writer(format, options, as_document);
    TRY(run_until_signal(*open.warehouse, [&] { return open.warehouse->read(sql, {}, *writer); }));
    writer->finish();
  }
  return kExitDone;
}

}  // namespace

Command add_query(CLI::App& app, GlobalFlags& /*flags*/) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("query", "Ask the tables in SQL, on a terminal in a shell; reads only");
  command->add_option("SQL", options->sql,
                      "One statement. Without it: those on stdin, or a shell on a terminal");
  command
      ->add_option("--format", options->format,
                   fmt::format("One of {} (default box)", kRowFormatNames))
      ->type_name("FORMAT");
  command
      ->add_option("--rows", options->rows_max,
                   fmt::format("Rows that a box shows (default {}, in the shell {})", kRowsMax,
                               kShellRowsMax))
      ->type_name("N");
  command->footer(
      "Tables: songplays users songs artists time unmatched_songplays etl_runs etl_objects\n"
      "etl_rejects. Views: plays (with names), user_levels. All times are UTC.\n"
      "In the shell: Tab completes, \\d lists tables, \\d TABLE its columns, \\? helps, \\q "
      "leaves.\n"
      "Examples:\n"
      "  sparkify query\n"
      "  sparkify query \"select weekday, hour, count(*) as plays from songplays\n"
      "                  join time using (start_time) group by all order by plays desc limit 5\"\n"
      "  sparkify query \"select * from plays\" --format csv > plays.csv\n"
      "  sparkify query \"select * from user_levels where user_id = 15\" --format jsonl\n"
      "  sparkify query < statements.sql");
  return {command, [options](const CommandContext& context) { return run(*options, context); }};
}

}  // namespace sparkify
