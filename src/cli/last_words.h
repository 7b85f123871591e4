#pragma once

#include <string_view>

namespace sparkify {

// What is said when there is no way on: no memory is left, or an exception reaches nobody, such as
// one that DuckDB throws where it has promised itself not to.

/// The command that is at work from now on, for these messages.
void note_command(std::string_view name);

/// Says that memory ran out, and in what. The exit code.
int report_out_of_memory();

/// For std::set_terminate: says why, and ends with an exit code instead of a signal. Destructors do
/// not run; what an open transaction did is rolled back as after a kill.
[[noreturn]] void end_of_uncaught();

}  // namespace sparkify
