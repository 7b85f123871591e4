#pragma once

#include <string_view>

namespace sparkify {

/// A user's statement up to its last word: without the space, the comments and the semicolons that
/// follow it. What stands inside quotes is left alone.
std::string_view without_semicolon(std::string_view sql);

}  // namespace sparkify
