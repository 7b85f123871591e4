#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sparkify {

/// What the escapes of a JSON text hold.
enum class EscapeCheck {
  fine,
  lone_surrogate,  ///< an escape \uD800-\uDFFF that is not part of a pair
  malformed,       ///< no escape of RFC 8259
};

/// Resolves the escapes of a JSON text. `token` is what stands between the quotes; `out` has room
/// for token.size() bytes, `*length` becomes the bytes written. Nothing is written of use unless
/// the answer is `fine`.
EscapeCheck unescape(std::string_view token, char* out, std::size_t* length);

/// As unescape, to a string; nothing unless `fine`.
std::optional<std::string> unescaped(std::string_view token);

/// Whether `text` is a number by RFC 8259.
bool is_json_number(std::string_view text);

/// The value of four hexadecimal digits at `digits`, or a negative number.
std::int32_t hex4(const char* digits);

inline bool is_json_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_high_surrogate(std::int32_t unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
inline bool is_low_surrogate(std::int32_t unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

}  // namespace sparkify
