#pragma once

#include <string_view>

namespace sparkify {

/// Writes to stdout. Results only.
void print(std::string_view text);

/// Likewise, of what has data in it as they are: a terminal must not obey them, so it gets control
/// characters as text, line feeds apart. `text` is of whole characters.
void print_data(std::string_view text);

}  // namespace sparkify
