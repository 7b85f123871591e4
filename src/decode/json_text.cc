#include "decode/json_text.h"

#include <cstring>

#include "base/utf8.h"

namespace sparkify {

namespace {

/// The character of a one-letter escape, or 0.
char simple_escape(char letter) {
  switch (letter) {
    case '"':
    case '\\':
    case '/':
      return letter;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

struct UnicodeEscape {
  EscapeCheck check = EscapeCheck::malformed;
  char32_t code_point = 0;
  std::size_t length = 0;  ///< of the escape or the pair, from the backslash
};

/// `token[at]` is the backslash of a \u escape.
UnicodeEscape unicode_escape(std::string_view token, std::size_t at) {
  if (token.size() - at < 6) return {};
  const std::int32_t unit = hex4(token.data() + at + 2);
  if (unit < 0) return {};
  if (is_low_surrogate(unit)) return {EscapeCheck::lone_surrogate, 0, 6};
  if (!is_high_surrogate(unit)) return {EscapeCheck::fine, static_cast<char32_t>(unit), 6};
  const std::size_t next = at + 6;
  if (token.size() - next < 6 || token[next] != '\\' || token[next + 1] != 'u') {
    return {EscapeCheck::lone_surrogate, 0, 6};
  }
  const std::int32_t low = hex4(token.data() + next + 2);
  if (!is_low_surrogate(low)) return {EscapeCheck::lone_surrogate, 0, 6};
  return {EscapeCheck::fine,
          0x10000 + ((static_cast<char32_t>(unit) - 0xD800) << 10) +
              (static_cast<char32_t>(low) - 0xDC00),
          12};
}

}  // namespace

std::int32_t hex4(const char* digits) {
  std::int32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = digits[i];
    std::int32_t nibble = 0;
    if (is_digit(c)) {
      nibble = c - '0';
    } else if (c >= 'a' && c <= 'f') {
      nibble = c - 'a' + 10;
    } else if (c >= 'A' && c <= 'F') {
      nibble = c - 'A' + 10;
    } else {
      return -1;
    }
    value = (value << 4) | nibble;
  }
  return value;
}

EscapeCheck unescape(std::string_view token, char* out, std::size_t* length) {
  char* const begin = out;
  std::size_t at = 0;
  while (at < token.size()) {
    const void* found = std::memchr(token.data() + at, '\\', token.size() - at);
    const std::size_t plain =
        found == nullptr
            ? token.size() - at
            : static_cast<std::size_t>(static_cast<const char*>(found) - (token.data() + at));
    std::memcpy(out, token.data() + at, plain);
    out += plain;
    at += plain;
    if (at == token.size()) break;
    if (at + 1 == token.size()) return EscapeCheck::malformed;
    if (const char c = simple_escape(token[at + 1]); c != 0) {
      *out++ = c;
      at += 2;
      continue;
    }
    if (token[at + 1] != 'u') return EscapeCheck::malformed;
    const UnicodeEscape escape = unicode_escape(token, at);
    if (escape.check != EscapeCheck::fine) return escape.check;
    std::string character;  // at most four bytes: no allocation
    append_utf8(character, escape.code_point);
    std::memcpy(out, character.data(), character.size());
    out += character.size();
    at += escape.length;
  }
  *length = static_cast<std::size_t>(out - begin);
  return EscapeCheck::fine;
}

std::optional<std::string> unescaped(std::string_view token) {
  std::string out(token.size(), '\0');
  std::size_t length = 0;
  if (unescape(token, out.data(), &length) != EscapeCheck::fine) return std::nullopt;
  out.resize(length);
  return out;
}

bool is_json_number(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t from = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at > from;
  };
  if (at < text.size() && text[at] == '-') ++at;
  if (at < text.size() && text[at] == '0') {
    ++at;
  } else if (!digits()) {
    return false;
  }
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!digits()) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!digits()) return false;
  }
  return at == text.size();
}

}  // namespace sparkify
