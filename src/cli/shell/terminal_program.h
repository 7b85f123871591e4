#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sparkify {

/// Runs a program that talks with the user on our terminal, a pager or an editor, until it ends.
/// Signals from the keyboard are its own.
///
/// `words`   the program, found by PATH if it has no slash, and its arguments; not empty.
/// `input`   what it reads on stdin, as far as it likes; none: the terminal.
/// Returns   its exit code; of one that a signal ended, 128 and the signal's number.
/// Errors    config: it cannot be started.
Result<int> run_terminal_program(std::vector<std::string> words,
                                 std::optional<std::string_view> input);

}  // namespace sparkify
