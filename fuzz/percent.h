#pragma once

#include <cstddef>
#include <string>

namespace sparkify::fuzz {

/// Percent encoding written anew, as AWS wants it: all bytes but letters, digits and -_.~ as % and
/// two digits in upper case.
inline std::string percent_encoded(const std::string& text, bool keep_slash = false) {
  constexpr const char* kDigits = "0123456789ABCDEF";
  std::string made;
  for (const char c : text) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool is_digit = c >= '0' && c <= '9';
    const bool is_kept = c == '-' || c == '_' || c == '.' || c == '~' || (keep_slash && c == '/');
    if (is_letter || is_digit || is_kept) {
      made += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    made += '%';
    made += kDigits[byte >> 4U];
    made += kDigits[byte & 0xFU];
  }
  return made;
}

}  // namespace sparkify::fuzz
