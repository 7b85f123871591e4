#include "decode/strict_reader.h"

#include <optional>
#include <string>
#include <utility>

#include "decode/json_text.h"

namespace sparkify {

#define READ(expression)                                                    \
  do {                                                                      \
    if (const Kind read_kind = (expression); read_kind != Kind::complete) { \
      return read_kind;                                                     \
    }                                                                       \
  } while (false)

ReadEnd StrictReader::read_record(std::size_t at, RawRecord& record) {
  record.clear();
  at_ = at + 1;
  lone_surrogate_ = false;
  std::size_t guess = 0;
  skip_space();
  bool more = true;
  if (!at_end() && text_[at_] == '}') {
    ++at_;
    more = false;
  }
  while (more) {
    Kind kind = field(&guess, record);
    if (kind == Kind::complete) kind = separator('}', &more);
    if (kind != Kind::complete) return {kind, at_};
  }
  return {Kind::complete, at_};
}

ReadEnd StrictReader::read_value(std::size_t at, bool* lone_surrogate, std::size_t depth) {
  at_ = at;
  lone_surrogate_ = false;
  const Kind kind = value(depth, nullptr);
  *lone_surrogate = lone_surrogate_;
  return {kind, at_};
}

StrictReader::Kind StrictReader::field(std::size_t* guess, RawRecord& record) {
  RawValue key;
  lone_surrogate_ = false;
  Kind kind = key_and_colon(&key);
  record.lone_surrogate_elsewhere |= lone_surrogate_;
  if (kind != Kind::complete) return kind;
  // A key with a lone surrogate has no unescaped form, and so is unknown.
  const std::optional<std::string> plain =
      key.has_escape ? unescaped(key.token) : std::optional<std::string>();
  const bool nameless = key.has_escape && !plain;
  const std::size_t column =
      nameless ? KeyIndex::kUnknown : keys_.find(plain ? *plain : key.token, *guess);
  RawValue value_read;
  lone_surrogate_ = false;
  kind = value(2, &value_read);
  if (column == KeyIndex::kUnknown) {
    record.lone_surrogate_elsewhere |= lone_surrogate_;
    if (!nameless) record.unknown_keys.push_back({key.token, key.has_escape});
  } else {
    if (lone_surrogate_) record.lone_surrogates.set(column);
    RawValue& target = record.values[column];
    if (target.kind == RawKind::absent) target = value_read;
    *guess = column + 1;
  }
  return kind;
}

StrictReader::Kind StrictReader::value(std::size_t depth, RawValue* out) {
  skip_space();
  if (at_end()) return at_cut();
  switch (text_[at_]) {
    case '"':
      return text(out);
    case '{':
      if (out != nullptr) out->kind = RawKind::object;
      return depth > kJsonDepthMax ? Kind::fault : nested_object(depth);
    case '[':
      if (out != nullptr) out->kind = RawKind::array;
      return depth > kJsonDepthMax ? Kind::fault : array(depth);
    case 't':
      return literal("true", RawKind::boolean, out);
    case 'f':
      return literal("false", RawKind::boolean, out);
    case 'n':
      return literal("null", RawKind::null, out);
    default:
      return number(out);
  }
}

StrictReader::Kind StrictReader::nested_object(std::size_t depth) {
  ++at_;
  skip_space();
  if (!at_end() && text_[at_] == '}') {
    ++at_;
    return Kind::complete;
  }
  for (bool more = true; more;) {
    READ(key_and_colon(nullptr));
    READ(value(depth + 1, nullptr));
    READ(separator('}', &more));
  }
  return Kind::complete;
}

StrictReader::Kind StrictReader::array(std::size_t depth) {
  ++at_;
  skip_space();
  if (!at_end() && text_[at_] == ']') {
    ++at_;
    return Kind::complete;
  }
  for (bool more = true; more;) {
    READ(value(depth + 1, nullptr));
    READ(separator(']', &more));
  }
  return Kind::complete;
}

StrictReader::Kind StrictReader::key_and_colon(RawValue* key) {
  skip_space();
  if (at_end()) return at_cut();
  if (text_[at_] != '"') return Kind::fault;
  READ(text(key));
  skip_space();
  if (at_end()) return at_cut();
  if (text_[at_] != ':') return Kind::fault;
  ++at_;
  return Kind::complete;
}

StrictReader::Kind StrictReader::separator(char close, bool* more) {
  skip_space();
  if (at_end()) return at_cut();
  if (text_[at_] != ',' && text_[at_] != close) return Kind::fault;
  *more = text_[at_] == ',';
  ++at_;
  return Kind::complete;
}

StrictReader::Kind StrictReader::text(RawValue* out) {
  const std::size_t begin = ++at_;
  bool has_escape = false;
  // Only a text that is complete tells of its surrogates.
  const bool seen_before = std::exchange(lone_surrogate_, false);
  const Kind kind = text_to_quote(&has_escape);
  lone_surrogate_ = seen_before || (kind == Kind::complete && lone_surrogate_);
  if (kind == Kind::complete && out != nullptr) {
    *out = {RawKind::text, text_.substr(begin, at_ - 1 - begin), has_escape};
  }
  return kind;
}

StrictReader::Kind StrictReader::text_to_quote(bool* has_escape) {
  while (!at_end()) {
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      return Kind::complete;
    }
    if (static_cast<unsigned char>(c) < 0x20) return Kind::fault;
    if (c == '\\') {
      *has_escape = true;
      READ(escape());
    } else {
      ++at_;
    }
  }
  return at_cut();
}

StrictReader::Kind StrictReader::escape() {
  ++at_;
  if (at_end()) return at_cut();
  if (text_[at_] != 'u') {
    if (std::string_view("\"\\/bfnrt").find(text_[at_]) == std::string_view::npos) {
      return Kind::fault;
    }
    ++at_;
    return Kind::complete;
  }
  ++at_;
  const std::size_t digits_at = at_;
  for (; at_ < digits_at + 4; ++at_) {
    if (at_end()) return at_cut();
    const char c = text_[at_];
    if (!(is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) return Kind::fault;
  }
  const std::int32_t unit = hex4(text_.data() + digits_at);
  if (is_low_surrogate(unit)) {
    // The low half of a pair is passed over together with its high half.
    lone_surrogate_ = true;
  } else if (is_high_surrogate(unit)) {
    const bool is_pair = text_.size() - at_ >= 6 && text_[at_] == '\\' && text_[at_ + 1] == 'u' &&
                         is_low_surrogate(hex4(text_.data() + at_ + 2));
    if (is_pair) {
      at_ += 6;
    } else {
      lone_surrogate_ = true;
    }
  }
  return Kind::complete;
}

StrictReader::Kind StrictReader::literal(std::string_view word, RawKind kind, RawValue* out) {
  for (const char c : word) {
    if (at_end()) return at_cut();
    if (text_[at_] != c) return Kind::fault;
    ++at_;
  }
  if (out != nullptr) out->kind = kind;
  return Kind::complete;
}

StrictReader::Kind StrictReader::number(RawValue* out) {
  const std::size_t begin = at_;
  if (text_[at_] == '-') ++at_;
  if (at_end()) return at_cut();
  if (text_[at_] == '0') {
    ++at_;
  } else if (!digits()) {
    return at_end() ? at_cut() : Kind::fault;
  }
  if (!at_end() && text_[at_] == '.') {
    ++at_;
    if (!digits()) return at_end() ? at_cut() : Kind::fault;
  }
  if (!at_end() && (text_[at_] == 'e' || text_[at_] == 'E')) {
    ++at_;
    if (!at_end() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
    if (!digits()) return at_end() ? at_cut() : Kind::fault;
  }
  // A number has no closing byte: at the end of the text it may go on.
  if (at_end() && !is_last_) return Kind::need_more;
  if (out != nullptr) *out = {RawKind::number, text_.substr(begin, at_ - begin), false};
  return Kind::complete;
}

bool StrictReader::digits() {
  const std::size_t begin = at_;
  while (!at_end() && is_digit(text_[at_])) ++at_;
  return at_ > begin;
}

void StrictReader::skip_space() {
  while (!at_end() && is_json_space(text_[at_])) ++at_;
}

}  // namespace sparkify
