#pragma once

#include <string_view>

namespace sparkify {

enum class LogLevel { debug, info, warning, error };

/// Sets up the log, which goes to stderr: lines for people, or one JSON object a line with `time`,
/// `level` and `message`. Until then, warnings and errors go there as text. Call it once.
void start_log(bool as_json, LogLevel least);

/// Writes one line, `redacted`. Whoever puts text of others in (a name, a key) makes it printable
/// first. From any thread.
void log(LogLevel level, std::string_view message);

inline void log_debug(std::string_view message) { log(LogLevel::debug, message); }
inline void log_info(std::string_view message) { log(LogLevel::info, message); }
inline void log_warning(std::string_view message) { log(LogLevel::warning, message); }
/// Nothing, if this process has warned of the same before: for what is looked at again and again.
void log_warning_once(std::string_view message);
inline void log_error(std::string_view message) { log(LogLevel::error, message); }

}  // namespace sparkify
