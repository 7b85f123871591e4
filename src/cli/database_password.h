#pragma once

#include "base/command_output.h"
#include "base/result.h"
#include "base/secret.h"
#include "cli/settings.h"

namespace sparkify {

/// The database's password from where the settings have it; empty if they have it nowhere. To be
/// called when it is needed, and not before: it may run a program. No message shows it.
///
/// A file and what a command prints give their first line, without the end of it (LF or CRLF). The
/// file may also be a pipe; if it is a file that others may read, that is warned of. The command is
/// run as `/bin/sh -c COMMAND` with `limits`, its stderr is ours.
///
/// Errors    config: the file cannot be read or is too long; the command fails or takes too long;
///           either gives no password. stopped. Each names the setting, none shows what was read.
Result<Secret> database_password(const Settings& settings, CommandLimits limits = {});

}  // namespace sparkify
