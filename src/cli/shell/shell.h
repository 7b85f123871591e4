#pragma once

#include <cstddef>

#include "cli/command_context.h"
#include "report/row_writer.h"

namespace sparkify {

struct ShellOptions {
  RowFormat format = RowFormat::box;
  std::size_t rows_max = 0;  ///< of a box
};

/// Asks for statements on the terminal and shows their results, until the user leaves. Gives the
/// exit code.
/// Errors: what keeps the warehouse from being opened at all; stopped, by SIGTERM.
Result<int> run_shell(const ShellOptions& options, const CommandContext& context);

}  // namespace sparkify
