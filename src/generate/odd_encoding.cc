#include "generate/odd_encoding.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <vector>

#include "base/assert.h"
#include "base/utf8.h"

namespace sparkify {

namespace {

using std::string_view;

constexpr double kShareOfEscaped = 0.4;
constexpr std::size_t kEscapeBytes = 6;  // \uXXXX

struct Spelling {
  string_view key;
  string_view escaped;
};

/// Keys that a record has, spelt in another way.
constexpr auto kLogKeys = std::to_array<Spelling>({{"ts", "\\u0074s"},
                                                   {"page", "p\\u0061ge"},
                                                   {"userId", "user\\u0049d"},
                                                   {"sessionId", "\\u0073\\u0065ssionId"},
                                                   {"song", "son\\u0067"}});
constexpr auto kSongKeys = std::to_array<Spelling>({{"title", "\\u0074itle"},
                                                    {"song_id", "song\\u005Fid"},
                                                    {"duration", "duratio\\u006e"},
                                                    {"year", "\\u0079\\u0065\\u0061\\u0072"}});

/// The same letter as one character and as a base with a mark behind it.
constexpr auto kNormalForms = std::to_array<Spelling>({{"á", "a\u0301"},
                                                       {"é", "e\u0301"},
                                                       {"É", "E\u0301"},
                                                       {"í", "i\u0301"},
                                                       {"ó", "o\u0301"},
                                                       {"ú", "u\u0301"},
                                                       {"ά", "α\u0301"},
                                                       {"ñ", "n\u0303"},
                                                       {"à", "a\u0300"},
                                                       {"ö", "o\u0308"},
                                                       {"Ö", "O\u0308"},
                                                       {"ü", "u\u0308"},
                                                       {"й", "и\u0306"},
                                                       {"ż", "z\u0307"},
                                                       {"Ż", "Z\u0307"}});

/// How many bytes the character at `json[at]` takes in a JSON text.
std::size_t size_at(string_view json, std::size_t at) {
  if (json[at] != '\\') return 1;
  return json[at + 1] == 'u' ? kEscapeBytes : 2;
}

std::uint32_t unit_at(string_view json, std::size_t at) {
  std::uint32_t unit = 0;
  const char* const digits = json.data() + at + 2;
  const auto [end, error] = std::from_chars(digits, digits + 4, unit, 16);
  SPARKIFY_ASSERT(error == std::errc{} && end == digits + 4);
  return unit;
}

void append_escape(std::string& out, char c, Random& random) {
  static constexpr string_view kSmall = "0123456789abcdef";
  static constexpr string_view kLarge = "0123456789ABCDEF";
  const string_view digits = random.chance(0.5) ? kSmall : kLarge;
  const auto byte = static_cast<std::uint8_t>(c);
  out += "\\u00";
  out += digits[byte >> 4];
  out += digits[byte & 0xF];
}

/// A JSON text (ASCII) with many of its plain characters escaped.
std::string with_escapes(string_view json, Random& random) {
  std::string out = "\"";
  for (std::size_t at = 1; at + 1 < json.size();) {
    const std::size_t size = size_at(json, at);
    if (size == 1 && random.chance(kShareOfEscaped)) {
      append_escape(out, json[at], random);
    } else {
      out += json.substr(at, size);
    }
    at += size;
  }
  return out + '"';
}

/// A JSON text with what is not ASCII as UTF-8 instead of escaped.
std::string with_raw_characters(string_view json) {
  std::string out;
  for (std::size_t at = 0; at < json.size();) {
    const std::size_t size = size_at(json, at);
    const std::uint32_t unit = size == kEscapeBytes ? unit_at(json, at) : 0;
    if (unit < 0x80) {
      out += json.substr(at, size);
      at += size;
    } else if (unit >= 0xD800 && unit < 0xDC00) {
      append_utf8(out, 0x10000 + ((unit - 0xD800) << 10) + (unit_at(json, at + size) - 0xDC00));
      at += 2 * size;
    } else {
      append_utf8(out, unit);
      at += size;
    }
  }
  return out;
}

void escape_ascii(RecordForm form, JsonObject& object, Random& random) {
  for (const ColumnRule& rule : column_rules(form)) {
    std::string& value = object.value_of(rule.key);
    const bool is_text = rule.kind == ColumnRule::Kind::text && value.front() == '"';
    if (is_text && random.chance(0.5)) value = with_escapes(value, random);
  }
  const auto keys = form == RecordForm::song ? std::span<const Spelling>(kSongKeys)
                                             : std::span<const Spelling>(kLogKeys);
  const Spelling& key = random.pick(keys);
  object.rename(key.key, key.escaped);
}

bool replace_all(std::string& text, string_view from, string_view to) {
  bool is_found = false;
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
    is_found = true;
  }
  return is_found;
}

}  // namespace

void encode_oddly(FaultKind kind, RecordForm form, JsonObject& object, Random& random) {
  if (kind == FaultKind::escaped_ascii) return escape_ascii(form, object, random);
  SPARKIFY_ASSERT(kind == FaultKind::raw_utf8);
  for (std::size_t i = 0; i < object.member_count(); ++i) {
    std::string& value = object.value_at(i);
    if (value.front() == '"') value = with_raw_characters(value);
  }
}

bool holds_other_than_ascii(string_view json) {
  for (std::size_t at = 0; at < json.size(); at += size_at(json, at)) {
    if (size_at(json, at) == kEscapeBytes && unit_at(json, at) >= 0x80) return true;
  }
  return false;
}

std::string other_normal_form(string_view text) {
  std::string other(text);
  bool is_changed = false;
  for (const Spelling& form : kNormalForms)
    is_changed |= replace_all(other, form.key, form.escaped);
  if (is_changed) return other;
  for (const Spelling& form : kNormalForms) replace_all(other, form.escaped, form.key);
  return other;
}

std::string_view reject_reason(Utf16 form) {
  // Without a mark the bytes of ASCII texts are UTF-8, with a NUL behind each character.
  return to_string(form == Utf16::little ? FaultKind::bad_json : FaultKind::bad_utf8);
}

std::string in_utf16(string_view text, Utf16 form) {
  std::string out;
  out.reserve(2 * text.size() + 2);
  if (form == Utf16::little_with_mark) out = "\xFF\xFE";
  if (form == Utf16::big_with_mark) out = "\xFE\xFF";
  for (const char c : text) {
    SPARKIFY_ASSERT(static_cast<std::uint8_t>(c) < 0x80);
    if (form == Utf16::big_with_mark) out += '\0';
    out += c;
    if (form != Utf16::big_with_mark) out += '\0';
  }
  return out;
}

}  // namespace sparkify
