#include "cli/last_words.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <new>
#include <string>

#include "base/log.h"
#include "base/utf8.h"
#include "cli/exit_code.h"
#include "warehouse/duckdb/duckdb_warehouse.h"

namespace sparkify {

namespace {

constexpr std::size_t kNameBytesMax = 32;
constexpr std::string_view kProgram = "sparkify ";
std::array<char, kNameBytesMax> command{};  // not a string: there may be no memory for one

constexpr std::string_view kAdvice =
    "; give a smaller --memory-limit or fewer --threads, or free memory. Nothing of the current "
    "group was committed";

/// `sparkify etl`; before the command line has been read, the program alone.
std::string_view command_words() {
  return command[0] == '\0' ? std::string_view("sparkify") : std::string_view(command.data());
}

void write_to_stderr(std::string_view text) {
  static_cast<void>(::write(STDERR_FILENO, text.data(), text.size()));
}

/// Where not even the log gets memory.
void say_in_pieces() {
  write_to_stderr("sparkify: error: out of memory while `");
  write_to_stderr(command_words());
  write_to_stderr("` was at work");
  write_to_stderr(kAdvice);
  write_to_stderr("\n");
}

int report_uncaught(const std::exception& error) {
  const auto duckdbs = duckdb_exception_message(error.what());
  if (!duckdbs) {
    log_error(fmt::format("internal error: {}. Please report this with the command line",
                          printable(error.what())));
    return kExitInternal;
  }
  log_error(
      fmt::format("DuckDB could not go on while `{}` was at work: {}; whether its last "
                  "step was committed is not known. `sparkify status` will tell; running again "
                  "does what is left",
                  command_words(), printable(*duckdbs)));
  return kExitCommitUnknown;
}

/// What the exception in flight says, told. The exit code.
int report_current_exception() {
  try {
    if (const auto exception = std::current_exception()) std::rethrow_exception(exception);
    log_error("internal error. Please report this with the command line");
  } catch (const std::bad_alloc&) {
    return report_out_of_memory();
  } catch (const std::exception& error) {
    return report_uncaught(error);
  } catch (...) {
    log_error("internal error. Please report this with the command line");
  }
  return kExitInternal;
}

}  // namespace

void note_command(std::string_view name) {
  const std::size_t size = std::min(name.size(), command.size() - kProgram.size() - 1);
  std::copy(kProgram.begin(), kProgram.end(), command.begin());
  std::copy_n(name.begin(), size, command.begin() + kProgram.size());
  command[kProgram.size() + size] = '\0';
}

int report_out_of_memory() {
  try {
    log_error(fmt::format("out of memory while `{}` was at work{}", command_words(), kAdvice));
  } catch (...) {
    say_in_pieces();
  }
  return kExitInternal;
}

void end_of_uncaught() {
  int code = kExitInternal;
  try {
    code = report_current_exception();
  } catch (...) {
    say_in_pieces();
  }
  _exit(code);  // no destructors: they could wait for threads that will never come back
}

}  // namespace sparkify
