#pragma once

#include <cstddef>

namespace sparkify {

/// Columns that a character takes on a terminal: 0 if it combines with the one before it, 2 if it
/// is wide, as Chinese, Japanese and Korean ones and emoji are, else 1. Control characters: 1.
std::size_t character_width(char32_t c);

}  // namespace sparkify
