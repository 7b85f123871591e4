#include <fmt/format.h>

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "base/utf8.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/stop_signals.h"
#include "cli/warehouse_factory.h"
#include "pipeline/schema_guard.h"
#include "record/reject.h"
#include "report/row_writer.h"

namespace sparkify {

namespace {

struct Options {
  std::optional<std::int64_t> run_id;
  std::optional<std::string> reason;
  std::optional<std::string> column;
  std::optional<std::string> uri;
  std::int64_t limit = 100;
  bool summary = false;
  std::string format;
};

constexpr std::array kReasons{RejectReason::bad_utf8,      RejectReason::bad_json,
                              RejectReason::bad_type,      RejectReason::nul_character,
                              RejectReason::too_long,      RejectReason::out_of_range,
                              RejectReason::missing_field, RejectReason::key_conflict};

template <typename T>
Value value_or_null(const std::optional<T>& given) {
  if (given) return *given;
  return nullptr;
}

Status expect_known_reason(const Options& options) {
  if (!options.reason) return {};
  std::string known;
  for (const RejectReason reason : kReasons) {
    if (*options.reason == to_string(reason)) return {};
    known += (known.empty() ? "" : ", ") + std::string(to_string(reason));
  }
  return make_error(ErrorKind::usage, fmt::format("--reason {}: unknown; one of {}",
                                                  printable(*options.reason), known));
}

Status read_rejects(const OpenWarehouse& open, std::string_view sql, const Values& filters,
                    RowVisitor& visitor) {
  TRY(expect_our_schema(*open.warehouse, open.sql));
  return open.warehouse->read(sql, filters, visitor);
}

Result<int> run(const Options& options, const CommandContext& context) {
  const std::string name = options.format.empty() ? "box" : options.format;
  TRY_ASSIGN(const RowFormat format, parse_row_format(name));
  TRY(expect_known_reason(options));
  TRY_ASSIGN(const OpenWarehouse open, open_warehouse(context, WarehouseUse::read));
  Values filters{value_or_null(options.run_id), value_or_null(options.reason),
                 value_or_null(options.column), value_or_null(options.uri)};
  if (!options.summary) filters.emplace_back(options.limit);
  const bool as_document = context.flags.json && options.format.empty();
  const auto writer =
      as_document ? make_document_writer("sparkify.rejects/1", print_data)
                  : make_row_writer(format, print_data, static_cast<std::size_t>(options.limit));
  const std::string_view sql = open.sql.get(options.summary ? "rejects/summary" : "rejects/list");
  TRY(run_until_signal(*open.warehouse, [&] { return read_rejects(open, sql, filters, *writer); }));
  writer->finish();
  return kExitDone;
}

}  // namespace

Command add_rejects(CLI::App& app, GlobalFlags& /*flags*/) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("rejects", "Records that were not loaded: why, where, their raw text");
  command->add_option("--run", options->run_id, "Of this run only")->type_name("ID");
  command->add_option("--reason", options->reason, "With this reason only, such as bad_json")
      ->type_name("REASON");
  command->add_option("--column", options->column, "In this column only, such as user_id")
      ->type_name("COLUMN");
  command->add_option("--uri", options->uri, "Of objects whose uri has this in it")
      ->type_name("TEXT");
  command->add_option("--limit", options->limit, "At most so many (default 100)")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 60));
  command->add_flag("--summary", options->summary, "Count them by reason and column instead");
  command
      ->add_option("--format", options->format,
                   fmt::format("One of {} (default box)", kRowFormatNames))
      ->type_name("FORMAT");
  command->footer(
      "Examples:\n"
      "  sparkify rejects --summary\n"
      "  sparkify rejects --reason bad_json --limit 5\n"
      "  sparkify rejects --run 3 --uri 2018-11-05 --format csv > rejects.csv");
  return {command, [options](const CommandContext& context) { return run(*options, context); }};
}

}  // namespace sparkify
