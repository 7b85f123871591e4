#include "cli/exit_code.h"

#include "base/assert.h"

namespace sparkify {

int exit_code_of(ErrorKind kind, int signal_number) {
  switch (kind) {
    case ErrorKind::usage:
      return kExitUsage;
    case ErrorKind::config:
      return kExitConfig;
    case ErrorKind::source:
    case ErrorKind::unreachable:
    case ErrorKind::damaged:
    case ErrorKind::changed:
      return kExitSource;
    case ErrorKind::database:
    case ErrorKind::conflict:
      return kExitDatabase;
    case ErrorKind::locked:
      return kExitLocked;
    case ErrorKind::commit_unknown:
      return kExitCommitUnknown;
    case ErrorKind::too_many_rejects:
      return kExitFindings;
    case ErrorKind::stopped:
      return kExitSignalBase + signal_number;
    case ErrorKind::internal:
      return kExitInternal;
  }
  SPARKIFY_ASSERT(false);
}

}  // namespace sparkify
