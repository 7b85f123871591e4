#include "decode/convert.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

#include "decode/json_text.h"

namespace sparkify {

namespace {

constexpr std::int64_t kDecimalMax = 999'999'999'999;  // DECIMAL(12,5): 12 digits
constexpr std::int64_t kDecimalPlaces = 5;
constexpr std::int64_t kDecimalWholeDigits = 7;
constexpr std::int64_t kExponentMax = 1'000'000'000;

struct Range {
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
};

constexpr Range kInt32{std::numeric_limits<std::int32_t>::min(),
                       std::numeric_limits<std::int32_t>::max()};

Range range_of(DataKind kind, std::size_t column) {
  if (kind == DataKind::songs) return kInt32;
  switch (column) {
    case kUserId:
      return {0, std::numeric_limits<std::int32_t>::max()};
    case kSessionId:
      return {0, (std::int64_t{1} << 42) - 1};
    case kItemInSession:
      return {0, 1'048'575};
    case kTs:
      return {0, 253'402'300'799'999};
    case kRegistration:
      return {};
    default:
      return kInt32;
  }
}

/// `-?(0|[1-9][0-9]*)`
bool is_integer(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || (text.front() == '0' && text.size() > 1)) return false;
  return std::all_of(text.begin(), text.end(), is_digit);
}

/// Drops a fraction that is all zeros: 5.0 is 5.
std::string_view without_zero_fraction(std::string_view number) {
  const std::size_t point = number.find('.');
  if (point == std::string_view::npos) return number;
  const bool zeros = number.find_first_not_of('0', point + 1) == std::string_view::npos;
  return zeros ? number.substr(0, point) : number;
}

/// A JSON number as its significant digits D (none for zero) and a power: 0.D * 10^point.
struct Digits {
  std::string text;
  std::int64_t point = 0;
  bool is_negative = false;
};

std::int64_t parse_exponent(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range || value > kExponentMax || value < -kExponentMax) {
    return text.starts_with('-') ? -kExponentMax : kExponentMax;
  }
  return value;
}

Digits digits_of(std::string_view number) {
  Digits digits;
  if (number.starts_with('-')) {
    digits.is_negative = true;
    number.remove_prefix(1);
  }
  const std::size_t e = std::min(number.find_first_of("eE"), number.size());
  const std::string_view mantissa = number.substr(0, e);
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  digits.text = mantissa.substr(0, point);
  if (point < mantissa.size()) digits.text += mantissa.substr(point + 1);
  digits.point = static_cast<std::int64_t>(point);
  if (e < number.size()) digits.point += parse_exponent(number.substr(e + 1));
  const std::size_t zeros = std::min(digits.text.find_first_not_of('0'), digits.text.size());
  digits.text.erase(0, zeros);
  digits.point -= static_cast<std::int64_t>(zeros);
  return digits;
}

/// `123.45678`: what lengths look like, nearly all of them.
std::optional<std::int64_t> parse_short_decimal5(std::string_view number) {
  std::int64_t value = 0;
  std::size_t at = 0;
  const auto whole_max = static_cast<std::size_t>(kDecimalWholeDigits);
  for (; at < number.size() && is_digit(number[at]); ++at) {
    if (at == whole_max) return std::nullopt;
    value = value * 10 + (number[at] - '0');
  }
  std::int64_t missing = kDecimalPlaces;
  if (at < number.size() && number[at] == '.') {
    for (++at; at < number.size() && is_digit(number[at]) && missing > 0; ++at, --missing) {
      value = value * 10 + (number[at] - '0');
    }
  }
  if (at != number.size()) return std::nullopt;
  for (; missing > 0; --missing) value *= 10;
  return value;
}

}  // namespace

std::optional<std::int64_t> parse_decimal5(std::string_view number) {
  if (const auto value = parse_short_decimal5(number)) return value;
  const Digits digits = digits_of(number);
  if (digits.text.empty()) return 0;
  if (digits.point > kDecimalWholeDigits) return std::nullopt;
  const std::int64_t wanted = digits.point + kDecimalPlaces;  // digits before the rounding place
  if (wanted < 0) return 0;
  const auto digit = [&digits](std::int64_t i) -> std::int64_t {
    const auto index = static_cast<std::size_t>(i);
    return index < digits.text.size() ? digits.text[index] - '0' : 0;
  };
  std::int64_t value = 0;
  for (std::int64_t i = 0; i < wanted; ++i) value = value * 10 + digit(i);
  if (digit(wanted) >= 5) ++value;
  if (value > kDecimalMax) return std::nullopt;
  return digits.is_negative ? -value : value;
}

std::optional<double> parse_double(std::string_view number) {
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error == std::errc()) {
    if (value - value != 0) return std::nullopt;  // infinite
    return value;
  }
  // Out of range at one of the two ends; too small is zero.
  if (digits_of(number).point > 0) return std::nullopt;
  return 0.0;
}

Converter::Converter(DataKind kind) : kind_(kind), column_count_(json_column_count(kind)) {
  for (std::size_t i = 0; i < column_count_; ++i) rules_[i] = rule_of(i);
}

Converter::Rule Converter::rule_of(std::size_t column) const {
  constexpr std::int64_t kMicrosPerMilli = 1000;
  const ColumnSchema& schema = staging_schema(kind_).columns[column];
  const Range range = range_of(kind_, column);
  Rule rule;
  rule.type = schema.type;
  rule.bytes_max = schema.bytes_max;
  rule.least = range.least;
  rule.most = range.most;
  if (schema.type == ColumnType::timestamp) rule.scale = kMicrosPerMilli;
  if (kind_ == DataKind::logs) {
    // The two keys that real logs write as a text or with a fraction.
    rule.is_loose_integer = column == kUserId || column == kRegistration;
    rule.may_be_empty = column == kUserId;  // a visitor who is not logged in
  }
  return rule;
}

std::optional<ValueFault> Converter::append(const RawRecord& record, std::int32_t object_no,
                                            std::int64_t record_no, Batch& batch) {
  for (std::size_t i = 0; i < column_count_; ++i) {
    values_[i].is_null = true;
    if (const auto reason = convert(rules_[i], record.values[i], batch.arena(), &values_[i])) {
      return ValueFault{*reason, i};
    }
  }
  if (const auto column = missing_column()) {
    return ValueFault{RejectReason::missing_field, *column};
  }
  for (std::size_t i = 0; i < column_count_; ++i) {
    const Value& value = values_[i];
    if (value.is_null) {
      batch.add_null(i);
    } else if (rules_[i].type == ColumnType::text) {
      batch.add_text(i, value.text);
    } else if (rules_[i].type == ColumnType::float64) {
      batch.add_double(i, value.real);
    } else {
      batch.add_integer(i, value.integer);
    }
  }
  batch.add_integer(column_count_, object_no);
  batch.add_integer(column_count_ + 1, record_no);
  batch.end_row();
  return std::nullopt;
}

std::optional<RejectReason> Converter::convert(const Rule& rule, const RawValue& raw,
                                               TextArena& arena, Value* out) {
  if (raw.kind == RawKind::absent || raw.kind == RawKind::null) return std::nullopt;
  switch (rule.type) {
    case ColumnType::text:
      return convert_text(rule, raw, arena, out);
    case ColumnType::decimal5: {
      if (raw.kind != RawKind::number) return RejectReason::bad_type;
      const auto value = parse_decimal5(raw.token);
      if (!value) return RejectReason::out_of_range;
      out->is_null = false;
      out->integer = *value;
      return std::nullopt;
    }
    case ColumnType::float64: {
      if (raw.kind != RawKind::number) return RejectReason::bad_type;
      const auto value = parse_double(raw.token);
      if (!value) return RejectReason::out_of_range;
      out->is_null = false;
      out->real = *value;
      return std::nullopt;
    }
    default:
      return convert_integer(rule, raw, arena, out);
  }
}

std::optional<RejectReason> Converter::convert_text(const Rule& rule, const RawValue& raw,
                                                    TextArena& arena, Value* out) {
  if (raw.kind != RawKind::text) return RejectReason::bad_type;
  std::string_view text = raw.token;
  if (raw.has_escape) {
    char* to = arena.reserve(raw.token.size());
    std::size_t length = 0;
    if (unescape(raw.token, to, &length) != EscapeCheck::fine) return RejectReason::bad_utf8;
    arena.keep(length);
    text = {to, length};
    // A NUL can only come from an escape: as a raw byte it is bad JSON.
    if (std::memchr(to, '\0', length) != nullptr) return RejectReason::nul_character;
  }
  if (text.size() > rule.bytes_max) return RejectReason::too_long;
  out->is_null = false;
  out->text = text;
  return std::nullopt;
}

std::optional<RejectReason> Converter::convert_integer(const Rule& rule, const RawValue& raw,
                                                       TextArena& arena, Value* out) {
  std::string_view text = raw.token;
  if (raw.kind == RawKind::text && rule.is_loose_integer) {
    if (raw.has_escape) {
      char* to = arena.reserve(raw.token.size());
      std::size_t length = 0;
      if (unescape(raw.token, to, &length) != EscapeCheck::fine) return RejectReason::bad_utf8;
      arena.keep(length);
      text = {to, length};
    }
    if (text.empty() && rule.may_be_empty) return std::nullopt;
  } else if (raw.kind == RawKind::number) {
    if (rule.is_loose_integer) text = without_zero_fraction(text);
  } else {
    return RejectReason::bad_type;
  }
  if (!is_integer(text)) return RejectReason::bad_type;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < rule.least || value > rule.most) {
    return RejectReason::out_of_range;
  }
  out->is_null = false;
  out->integer = value * rule.scale;
  return std::nullopt;
}

bool Converter::is_missing(std::size_t column) const { return values_[column].is_null; }

std::optional<std::size_t> Converter::missing_column() const {
  if (kind_ == DataKind::songs) {
    for (const std::size_t column : {kArtistId, kArtistName, kSongId, kTitle, kDuration}) {
      const bool is_id = column == kArtistId || column == kSongId;
      if (is_missing(column) || (is_id && values_[column].text.empty())) return column;
    }
    return std::nullopt;
  }
  const bool is_play = !is_missing(kPage) && values_[kPage].text == "NextSong";
  const auto find_missing = [this](std::initializer_list<EventColumn> needed) {
    const auto* const found = std::find_if(needed.begin(), needed.end(),
                                           [this](auto column) { return is_missing(column); });
    return found == needed.end() ? std::nullopt : std::optional<std::size_t>(*found);
  };
  if (!is_play) return find_missing({kItemInSession, kPage, kSessionId, kTs});
  return find_missing({kArtist, kItemInSession, kLength, kPage, kSessionId, kSong, kTs, kUserId});
}

}  // namespace sparkify
