#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sparkify {

/// The words of `text` as a POSIX shell cuts them, but nothing is expanded: blanks part words;
/// '..' is literal; in ".." a backslash escapes `"` and `\`; elsewhere it escapes what follows.
/// Nothing if a quote is not closed or a backslash ends the text.
///
/// Source    Python's shlex.split, by which the AWS command line reads profile names and commands.
std::optional<std::vector<std::string>> split_shell_words(std::string_view text);

}  // namespace sparkify
