#include "generate/json_object.h"

#include <algorithm>

#include "base/assert.h"

namespace sparkify {

namespace {

struct Marks {
  std::string_view open, comma, colon, close;
};

Marks marks_of(JsonStyle style) {
  switch (style) {
    case JsonStyle::compact:
      return {"{", ",", ":", "}"};
    case JsonStyle::spaced:
      return {"{", ", ", ": ", "}"};
    case JsonStyle::lines:
      return {"{\n  ", ",\n  ", ": ", "\n}"};
  }
  SPARKIFY_ASSERT(false);
}

}  // namespace

std::string& JsonObject::add(std::string_view key) {
  if (count_ == members_.size()) members_.emplace_back();
  Member& member = members_[count_++];
  member.key = key;
  member.value.clear();
  return member.value;
}

void JsonObject::insert(std::size_t position, std::string_view key, std::string_view value) {
  SPARKIFY_ASSERT(position <= count_);
  add(key) = value;
  const auto begin = members_.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(count_);
  std::rotate(begin + static_cast<std::ptrdiff_t>(position), end - 1, end);
}

void JsonObject::remove(std::string_view key) {
  const auto begin = members_.begin();
  const auto at = begin + static_cast<std::ptrdiff_t>(position_of(key));
  std::rotate(at, at + 1, begin + static_cast<std::ptrdiff_t>(count_));
  --count_;
}

void JsonObject::rename(std::string_view key, std::string_view to) {
  members_[position_of(key)].key = to;
}

std::string& JsonObject::value_of(std::string_view key) { return members_[position_of(key)].value; }

void JsonObject::append_to(std::string& out, JsonStyle style) const {
  const Marks marks = marks_of(style);
  out += marks.open;
  for (std::size_t i = 0; i < count_; ++i) {
    if (i > 0) out += marks.comma;
    out += '"';
    out += members_[i].key;
    out += '"';
    out += marks.colon;
    out += members_[i].value;
  }
  out += marks.close;
}

std::size_t JsonObject::position_of(std::string_view key) const {
  for (std::size_t i = 0; i < count_; ++i) {
    if (members_[i].key == key) return i;
  }
  SPARKIFY_ASSERT(false);
}

}  // namespace sparkify
