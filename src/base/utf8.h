#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sparkify {

/// One step through bytes that may or may not be UTF-8.
struct Utf8Step {
  bool valid = false;
  /// Bytes of the character; or, where the bytes are no character, of the maximal subpart that one
  /// U+FFFD stands for (Unicode 15, section 3.9). Never 0.
  std::size_t length = 1;
};

/// The character that starts at `text[at]`; `at` must be inside.
Utf8Step utf8_step(std::string_view text, std::size_t at);

bool is_utf8(std::string_view text);

/// `text` with every byte that is not UTF-8 shown as U+FFFD and every control character (the C0
/// and C1 sets, DEL, and the bidirectional overrides) shown as an escape such as `\x1b` or
/// `\u202e`: safe to print on a terminal, on one line.
std::string printable(std::string_view text);

/// The same of a text of several lines: line feeds stay.
std::string printable_lines(std::string_view text);

/// Columns that `text` takes on a terminal (wide characters two, combining ones none).
std::size_t display_width(std::string_view text);

/// The longest prefix of `text` that is at most `width_max` columns wide.
std::string_view display_prefix(std::string_view text, std::size_t width_max);

/// Appends the UTF-8 form of `code_point` (not a surrogate, at most 0x10FFFF).
void append_utf8(std::string& out, char32_t code_point);

}  // namespace sparkify
