#include "generate/broken_json.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace sparkify {

namespace {

using std::string_view;

constexpr std::size_t kTooDeep = 1'100;  // the contract allows 1,024

/// Things that are no JSON value.
constexpr auto kNoValues = std::to_array<string_view>({"NaN",
                                                       "undefined",
                                                       "None",
                                                       "True",
                                                       "01",
                                                       "+1",
                                                       ".5",
                                                       "1.",
                                                       "1 2",
                                                       "'text'",
                                                       "\"\\x41\"",
                                                       "\"a\tb\"",
                                                       "\"two\nlines\"",
                                                       "\"a\"\"b\"",
                                                       "\"\\u12g4\"",
                                                       "0x1F",
                                                       "[1,]",
                                                       "{\"a\"}",
                                                       "/* none */ null",
                                                       "-"});

/// Lines that some program wrote between the records. None begins like a JSON value, but for the
/// whole values: the contract makes one bad_json of each.
constexpr auto kAliens = std::to_array<string_view>(
    {"<html><body><h1>502 Bad Gateway</h1></body></html>", "ERROR connection reset by peer", "}",
     "null", "\"just a text\"", "12345", "userId;song;artist"});

std::string text_of(const JsonObject& object, JsonStyle style) {
  std::string text;
  object.append_to(text, style);
  return text;
}

/// Ends right behind some double quote, as after a crash. Whatever quote it is, no `{` can follow
/// there; behind a colon one could, and the next record would become a part of this one.
std::string cut(const std::string& text, Random& random) {
  std::vector<std::size_t> quotes;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"') quotes.push_back(at);
  }
  return text.substr(0, random.pick(quotes) + 1);
}

std::string with_deep_value(JsonObject& object, JsonStyle style) {
  std::string deep(kTooDeep, '[');
  deep.append(kTooDeep, ']');
  object.insert(object.member_count(), "context", deep);
  return text_of(object, style);
}

std::string with_no_value(JsonObject& object, JsonStyle style, Random& random) {
  object.value_at(static_cast<std::size_t>(random.below(object.member_count()))) =
      random.pick(kNoValues);
  return text_of(object, style);
}

std::string with_comma_at_end(const JsonObject& object, JsonStyle style) {
  std::string text = text_of(object, style);
  text.insert(text.size() - 1, ",");
  return text;
}

}  // namespace

std::string break_json(JsonObject& object, JsonStyle style, bool may_be_alien, Random& random) {
  switch (random.pick_weighted(std::array<std::uint32_t, 5>{40, 35, 10, 12, 3})) {
    case 0:
      return cut(text_of(object, style), random);
    case 1:
      return with_no_value(object, style, random);
    case 2:
      return with_comma_at_end(object, style);
    case 3:
      if (may_be_alien) return std::string(random.pick(kAliens));
      return cut(text_of(object, style), random);
    default:
      return with_deep_value(object, style);
  }
}

}  // namespace sparkify
