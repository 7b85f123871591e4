#include "base/byte_size.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <optional>

#include "base/utf8.h"

namespace sparkify {
namespace {

constexpr std::size_t kFractionDigitsMax = 6;  // times 1 TiB this still fits into 64 bits
constexpr std::size_t kEchoWidthMax = 40;

struct Unit {
  std::string_view name;  // lower case
  std::uint64_t size_bytes;
};

constexpr std::array<Unit, 10> kUnits = {{
    {"", 1},
    {"b", 1},
    {"kb", 1'000},
    {"mb", 1'000'000},
    {"gb", 1'000'000'000},
    {"tb", 1'000'000'000'000},
    {"kib", 1ULL << 10},
    {"mib", 1ULL << 20},
    {"gib", 1ULL << 30},
    {"tib", 1ULL << 40},
}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && is_digit(text[count])) ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

std::optional<std::uint64_t> to_number(std::string_view digits) {
  std::uint64_t number = 0;
  for (const char digit : digits) {
    if (__builtin_mul_overflow(number, std::uint64_t{10}, &number)) return std::nullopt;
    const auto value = static_cast<std::uint64_t>(digit - '0');
    if (__builtin_add_overflow(number, value, &number)) return std::nullopt;
  }
  return number;
}

std::optional<std::uint64_t> unit_bytes(std::string_view name) {
  std::string lower;
  for (const char c : name) {
    lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  for (const Unit& unit : kUnits) {
    if (unit.name == lower) return unit.size_bytes;
  }
  return std::nullopt;
}

std::uint64_t fraction_bytes(std::string_view digits, std::uint64_t unit) {
  std::uint64_t scale = 1;
  for (std::size_t i = 0; i < digits.size(); ++i) scale *= 10;
  return unit * to_number(digits).value_or(0) / scale;
}

Error refuse(std::string_view text, std::string_view why) {
  return make_error(
      ErrorKind::config,
      fmt::format("'{}' {}; give a number with B, KB, MB, GB, TB (powers of 1000) or "
                  "KiB, MiB, GiB, TiB (powers of 1024), such as 512MiB, 1.5GiB or 1073741824",
                  display_prefix(printable(text), kEchoWidthMax), why));
}

}  // namespace

Result<std::uint64_t> parse_byte_size(std::string_view text) {
  std::string_view rest = text;
  const std::string_view whole = take_digits(rest);
  std::string_view fraction;
  bool is_number = !whole.empty();
  const bool has_point = rest.starts_with('.');
  if (has_point) {
    rest.remove_prefix(1);
    fraction = take_digits(rest);
    is_number = is_number && !fraction.empty() && fraction.size() <= kFractionDigitsMax;
  }
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  const auto unit = unit_bytes(rest);
  if (!is_number || !unit.has_value() || (has_point && *unit == 1)) {
    return refuse(text, "is no size in bytes");
  }
  const auto count = to_number(whole);
  std::uint64_t size_bytes = 0;
  if (!count.has_value() || __builtin_mul_overflow(*count, *unit, &size_bytes) ||
      __builtin_add_overflow(size_bytes, fraction_bytes(fraction, *unit), &size_bytes)) {
    return refuse(text, "is more bytes than 64 bits can count");
  }
  return size_bytes;
}

std::string format_bytes(std::uint64_t size_bytes) {
  constexpr std::array<std::string_view, 7> kNames = {"B",   "KiB", "MiB", "GiB",
                                                      "TiB", "PiB", "EiB"};
  if (size_bytes < 1024) return fmt::format("{} B", size_bytes);
  std::size_t power = 1;
  std::uint64_t unit = 1024;
  while (power + 1 < kNames.size() && size_bytes / unit >= 1024) {
    unit *= 1024;
    ++power;
  }
  // Whole units and tenths apart: ten times the size may not fit.
  std::uint64_t whole = size_bytes / unit;
  std::uint64_t tenths = (size_bytes % unit * 10 + unit / 2) / unit;
  if (tenths == 10) {
    ++whole;
    tenths = 0;
  }
  if (whole == 1024 && power + 1 < kNames.size()) {
    whole = 1;
    ++power;
  }
  if (tenths == 0) return fmt::format("{} {}", whole, kNames[power]);
  return fmt::format("{}.{} {}", whole, tenths, kNames[power]);
}

}  // namespace sparkify
