#pragma once

#include "base/error.h"

namespace sparkify {

/// The program's exit codes; the manual page lists them.
enum ExitCode : int {
  kExitDone = 0,      ///< done, also when there was nothing to do
  kExitFindings = 1,  ///< done, but checks failed, there were too many rejects, or the
                      ///< result could not be written
  kExitUsage = 2,
  kExitConfig = 3,  ///< configuration or credentials
  kExitSource = 4,
  kExitDatabase = 5,
  kExitLocked = 6,  ///< another run holds the warehouse
  kExitCommitUnknown = 7,
  kExitInternal = 70,     ///< a fault of ours, or no memory was left
  kExitSignalBase = 128,  ///< plus the signal's number
};

/// `signal_number`: of the signal that asked to stop, for errors of kind `stopped`.
int exit_code_of(ErrorKind kind, int signal_number = 0);

}  // namespace sparkify
