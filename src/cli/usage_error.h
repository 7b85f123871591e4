#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace sparkify {

/// What is wrong with a command line that did not parse, and what was probably meant.
/// `arguments`: all of them, without the program's name. `parser_message`: CLI11's own words.
std::string usage_message(const CommandLine& line, const std::vector<std::string>& arguments,
                          const std::string& parser_message);

}  // namespace sparkify
