#include "cli/shell/shell.h"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/time.h"
#include "base/utf8.h"
#include "base/version.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/shell/edited_text.h"
#include "cli/shell/history.h"
#include "cli/shell/line_editor.h"
#include "cli/shell/meta_command.h"
#include "cli/shell/screen.h"
#include "cli/shell/shell_warehouse.h"
#include "cli/shell/table_catalogue.h"
#include "cli/stop_signals.h"
#include "report/row_writer.h"
#include "sql/statement_text.h"

namespace sparkify {

namespace {

constexpr const char* kPrompt = "sparkify> ";
constexpr const char* kMorePrompt = "     ...> ";
constexpr const char* kQuotePrompt = "     '..> ";
constexpr std::size_t kStatementBytesMax = std::size_t{1} << 20;
constexpr std::size_t kResultBytesMax = std::size_t{64} << 20;
constexpr double kMilliseconds = 1000;

/// A result as text, for as long as a terminal is the place for it.
class ShownResult : public RowVisitor {
 public:
  ShownResult(const ShellOptions& options, bool is_expanded) {
    const auto sink = [this](std::string_view part) { text_ += part; };
    writer_ = is_expanded ? make_record_writer(sink, options.rows_max)
                          : make_row_writer(options.format, sink, options.rows_max);
  }
  Status begin(const std::vector<ResultColumn>& columns) override {
    return writer_->begin(columns);
  }
  Status row(const Row& row) override {
    TRY(writer_->row(row));
    if (text_.size() <= kResultBytesMax) return {};
    return make_error(
        ErrorKind::usage,
        fmt::format("the result is longer than {} MiB; ask for less (limit), or write "
                    "it to a file: sparkify query \"...\" --format csv > FILE",
                    kResultBytesMax >> 20));
  }
  std::string finish() {
    writer_->finish();
    return std::move(text_);
  }

 private:
  std::string text_;
  std::unique_ptr<RowWriter> writer_;
};

class Shell {
 public:
  Shell(const ShellOptions& options, const CommandContext& context)
      : options_(options),
        environment_(context.environment),
        where_(printable(context.settings.warehouse)),
        warehouse_(context),
        screen_(context.environment) {}
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  Result<int> run();

 private:
  Status start();
  void open_history();
  void take(const std::string& line);
  void run_complete_statements();
  void run_statement(std::string_view sql);
  Status show_result(std::string_view sql);
  void obey(const std::string& line);
  Status obey_command(const MetaCommand& command);
  Status describe(const std::string& table);
  Status edit();
  void keep(const std::string& entry);
  void tell(const Status& status);
  Status read_names();
  Completion complete(std::string_view before, std::string_view after);
  const char* prompt() const;

  ShellOptions options_;
  const std::map<std::string, std::string>& environment_;
  std::string where_;  ///< the warehouse, for messages
  ShellWarehouse warehouse_;
  Screen screen_;
  std::unique_ptr<LineEditor> editor_;
  std::optional<History> history_;
  std::optional<TableCatalogue> catalogue_;  ///< for completion; none: not read yet
  std::string pending_;                      ///< lines of a statement that has not ended
  std::string last_;                         ///< the last one that was run
  bool is_timed_ = false;
  bool is_expanded_ = false;
  bool is_left_ = false;
};

/// A file that a run holds is no reason not to begin: it will be free again.
Status Shell::start() {
  const Status names = read_names();
  if (!names.ok() && names.error().kind != ErrorKind::locked) return names;
  TRY_ASSIGN(editor_,
             open_line_editor([this](std::string_view before,
                                     std::string_view after) { return complete(before, after); },
                              catch_repeated_interrupts()));
  print(fmt::format("sparkify {}, {}; reads only. \\? for help, \\q to leave.\n", program_version(),
                    where_));
  tell(names);
  open_history();
  return {};
}

void Shell::open_history() {
  const auto path = history_path(environment_);
  if (!path) return;
  auto opened = History::open(*path);
  if (!opened.ok()) return log_warning(opened.error().message);
  history_ = std::move(*opened);
  for (const std::string& entry : history_->entries()) editor_->remember(entry);
}

Result<int> Shell::run() {
  TRY(start());
  while (!is_left_) {
    catch_repeated_interrupts();
    const TypedLine typed = editor_->read(prompt());
    if (stop_signal_number() == SIGTERM)
      return make_error(ErrorKind::stopped, "stopped by a signal");
    if (typed.outcome == TypedLine::Outcome::line) take(typed.text);
    if (typed.outcome == TypedLine::Outcome::line) continue;
    print("\n");
    pending_.clear();
    is_left_ = typed.outcome == TypedLine::Outcome::end;
  }
  return kExitDone;
}

const char* Shell::prompt() const {
  if (pending_.empty()) return kPrompt;
  return ends_inside_quotes(pending_) ? kQuotePrompt : kMorePrompt;
}

void Shell::take(const std::string& line) {
  const bool is_command = pending_.empty()
                              ? is_meta_command(line)
                              : line.starts_with('\\') && !ends_inside_quotes(pending_);
  if (is_command) return obey(line);
  if (pending_.size() + line.size() > kStatementBytesMax) {
    pending_.clear();
    return log_error("the statement is longer than 1 MiB, and was dropped");
  }
  pending_ += line + "\n";
  run_complete_statements();
}

/// All that have their semicolon; what follows the last one waits for more.
void Shell::run_complete_statements() {
  std::string complete;
  while (const auto end = end_of_statement(pending_)) {
    complete += pending_.substr(0, *end);
    pending_.erase(0, *end);
  }
  const bool is_over = without_semicolon(pending_).empty() && !ends_inside_quotes(pending_);
  if (is_over) pending_.clear();
  if (complete.empty()) return;
  keep(complete);
  last_ = complete;
  for (const std::string_view statement : split_statements(complete)) {
    if (stop_request().is_set()) return;
    run_statement(statement);
  }
}

void Shell::run_statement(std::string_view sql) {
  const double begun_s = monotonic_seconds();
  const Status shown = show_result(sql);
  tell(shown);
  if (!is_timed_) return;
  print(fmt::format("Time: {:.1f} ms\n", (monotonic_seconds() - begun_s) * kMilliseconds));
}

Status Shell::show_result(std::string_view sql) {
  ShownResult result(options_, is_expanded_);
  TRY(warehouse_.use([&](OpenWarehouse& open) { return open.warehouse->read(sql, {}, result); }));
  screen_.show(result.finish());
  return {};
}

void Shell::obey(const std::string& line) {
  const auto command = parse_meta_command(line);
  if (!command.ok()) return tell(command.error());
  if (command->kind != MetaCommand::Kind::quit) keep(line);
  tell(obey_command(*command));
}

Status Shell::obey_command(const MetaCommand& command) {
  switch (command.kind) {
    case MetaCommand::Kind::describe:
      return describe(command.argument);
    case MetaCommand::Kind::edit:
      return edit();
    case MetaCommand::Kind::expanded: {
      TRY_ASSIGN(is_expanded_, switched(command, is_expanded_));
      print(is_expanded_ ? "A row is shown as lines.\n" : "Rows are shown as a table.\n");
      return {};
    }
    case MetaCommand::Kind::timing: {
      TRY_ASSIGN(is_timed_, switched(command, is_timed_));
      print(is_timed_ ? "Timing is on.\n" : "Timing is off.\n");
      return {};
    }
    case MetaCommand::Kind::help:
      screen_.show(meta_help());
      return {};
    case MetaCommand::Kind::quit:
      break;
  }
  is_left_ = true;
  return {};
}

Status Shell::describe(const std::string& table) {
  TRY(read_names());
  if (table.empty()) {
    screen_.show(box_text(table_list(*catalogue_)));
    return {};
  }
  const TableCatalogue::Table* const found = catalogue_->find(table);
  if (found == nullptr) {
    return make_error(ErrorKind::usage,
                      fmt::format("{}: there is no such table or view; \\d shows what there is",
                                  printable(table)));
  }
  screen_.show(box_text(column_list(*found)));
  return {};
}

Status Shell::edit() {
  std::fflush(stdout);
  const std::string& before = pending_.empty() ? last_ : pending_;
  TRY_ASSIGN(std::string text, edited_text(before, environment_));
  if (!text.ends_with('\n')) text += "\n";
  print(printable_lines(text));
  pending_ = std::move(text);
  run_complete_statements();
  return {};
}

void Shell::keep(const std::string& entry) {
  editor_->remember(entry);
  if (!history_) return;
  const Status kept = history_->add(entry);
  if (kept.ok()) return;
  log_warning(kept.error().message);
  history_.reset();  // said once
}

void Shell::tell(const Status& status) {
  if (status.ok()) return;
  if (status.error().kind == ErrorKind::stopped) return print("interrupted\n");
  std::fflush(stdout);
  log_error(status.error().message);
}

Status Shell::read_names() {
  return warehouse_.use([this](OpenWarehouse& open) -> Status {
    TRY_ASSIGN(catalogue_, read_catalogue(open));
    return {};
  });
}

Completion Shell::complete(std::string_view before, std::string_view after) {
  // A failure here shows when the statement is run.
  if (!catalogue_) static_cast<void>(read_names().ok());
  const TableCatalogue none;
  return sparkify::complete({pending_, before, after}, catalogue_ ? *catalogue_ : none);
}

}  // namespace

Result<int> run_shell(const ShellOptions& options, const CommandContext& context) {
  return Shell(options, context).run();
}

}  // namespace sparkify
