#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sparkify {

/// A line of the shell that is no SQL: `\d users`.
struct MetaCommand {
  enum class Kind { describe, edit, expanded, timing, help, quit };
  Kind kind = Kind::help;
  std::string argument;  ///< without the quotes around it; empty: none
};

/// What stands for a command, and what it does.
struct MetaWord {
  std::string_view word;
  MetaCommand::Kind kind;
  std::string_view argument;
  std::string_view effect;
};

/// In the order of the help.
std::span<const MetaWord> meta_words();

/// Whether a line that begins a statement is one: it begins with a backslash, or is `exit`, `quit`
/// or `help`.
bool is_meta_command(std::string_view line);

/// Of a line that `is_meta_command`. Errors: usage, for what there is not.
Result<MetaCommand> parse_meta_command(std::string_view line);

/// The help of the shell.
std::string meta_help();

/// What an argument makes of a switch: on, off; without one, the contrary of what it was.
Result<bool> switched(const MetaCommand& command, bool was_on);

}  // namespace sparkify
