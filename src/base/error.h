#pragma once

#include <string>

#include "base/redaction.h"

namespace sparkify {

/// What kind of trouble an `Error` is. It decides the exit code (cli/exit_code.h) and whether the
/// run goes on with the next object (`source`, `damaged`, `changed`) or stops.
enum class ErrorKind {
  usage,             ///< the command line asks for something that makes no sense
  config,            ///< a setting or a credential is missing or wrong
  source,            ///< an object cannot be listed or read
  unreachable,       ///< where the objects are does not answer at all
  damaged,           ///< an object's compressed bytes are cut or broken, or a record has no end
  changed,           ///< an object is not, or no longer, the one that was listed
  database,          ///< the warehouse refused or failed
  conflict,          ///< the warehouse asks to try the whole transaction again
  locked,            ///< another process holds the warehouse
  commit_unknown,    ///< COMMIT was sent and no answer came
  too_many_rejects,  ///< --max-rejects was passed
  stopped,           ///< a signal asked us to stop
  internal,          ///< our own mistake, noticed in time
};

/// Trouble with the world, for a reader: what was tried, on what, what to do.
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string message;
};

/// What a message repeats of others' words may hold a secret; `redacted` takes it out.
inline Error make_error(ErrorKind kind, std::string message) {
  return Error{kind, redacted(message)};
}

}  // namespace sparkify
