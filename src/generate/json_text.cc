#include "generate/json_text.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/assert.h"
#include "base/utf8.h"

namespace sparkify {

namespace {

constexpr std::int64_t kE5 = 100'000;
constexpr std::string_view kHexDigits = "0123456789abcdef";

void append_unit(std::string& out, std::uint32_t unit) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHexDigits[(unit >> shift) & 0xFu];
}

void append_code_point(std::string& out, std::uint32_t code_point) {
  if (code_point < 0x10000) return append_unit(out, code_point);
  append_unit(out, 0xD800u + ((code_point - 0x10000u) >> 10));
  append_unit(out, 0xDC00u + ((code_point - 0x10000u) & 0x3FFu));
}

/// The value of the character `bytes` (one whole character of two bytes or more).
std::uint32_t code_point_of(std::string_view bytes) {
  std::uint32_t value = static_cast<std::uint8_t>(bytes[0]) & (0x7Fu >> bytes.size());
  for (const char byte : bytes.substr(1)) {
    value = (value << 6) | (static_cast<std::uint8_t>(byte) & 0x3Fu);
  }
  return value;
}

void append_ascii(std::string& out, char c, bool escape_slash) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '/':
      out += escape_slash ? "\\/" : "/";
      return;
    default:
      break;
  }
  if (static_cast<std::uint8_t>(c) < 0x20) return append_unit(out, static_cast<std::uint8_t>(c));
  out += c;
}

}  // namespace

void append_json_text(std::string& out, std::string_view text, bool escape_slash) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const Utf8Step step = utf8_step(text, at);
    SPARKIFY_ASSERT(step.valid);
    if (step.length == 1) {
      append_ascii(out, text[at], escape_slash);
    } else {
      append_code_point(out, code_point_of(text.substr(at, step.length)));
    }
    at += step.length;
  }
  out += '"';
}

void append_integer(std::string& out, std::int64_t number) {
  std::array<char, 24> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  SPARKIFY_ASSERT(error == std::errc{});
  out.append(digits.data(), end);
}

void append_decimal(std::string& out, std::int64_t number_e5) {
  if (number_e5 < 0) out += '-';
  const std::int64_t magnitude = number_e5 < 0 ? -number_e5 : number_e5;
  append_integer(out, magnitude / kE5);
  out += '.';
  std::int64_t rest = magnitude % kE5;
  std::int64_t unit = kE5 / 10;
  do {
    out += static_cast<char>('0' + rest / unit);
    rest %= unit;
    unit /= 10;
  } while (rest != 0);
}

std::string encoded_twice(std::string_view text) {
  std::string out;
  for (const char byte : text) append_utf8(out, static_cast<std::uint8_t>(byte));
  return out;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<std::uint8_t>(c) < 0x80; });
}

}  // namespace sparkify
