#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "base/stop_flag.h"

namespace sparkify {

struct CommandLimits {
  double timeout_s = 60;
  std::size_t bytes_max = std::size_t{64} << 10;
  bool shows_stderr = false;  ///< what the program says there goes where our own messages go
  const StopFlag* stop = nullptr;
};

/// What a program prints on stdout; without a shell, with nothing on stdin, and with its stderr
/// kept out unless it is asked for. It has a ChildEnvironment. One that takes too long
/// or prints too much is killed, with all it started.
///
/// `words`   the program, found by PATH if it has no slash, and its arguments; not empty.
/// Errors    config: it cannot be started, fails, is killed. stopped. Messages name the program
///           (its arguments may be secrets), never what it printed.
Result<Secret> command_output(const std::vector<std::string>& words, const CommandLimits& limits);

}  // namespace sparkify
