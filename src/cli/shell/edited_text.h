#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sparkify {

/// Lets the user edit `text` in $VISUAL, $EDITOR or vi, in a file that only they can read and that
/// is gone afterwards.
/// Errors: config: no such file could be made, the editor cannot be started or ended otherwise than
/// well, the text has become too long.
Result<std::string> edited_text(std::string_view text,
                                const std::map<std::string, std::string>& environment);

}  // namespace sparkify
