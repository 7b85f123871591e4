#include "generate/mutation.h"

#include <array>
#include <string>
#include <vector>

#include "base/assert.h"

namespace sparkify {

namespace {

using std::string_view;
using Kind = ColumnRule::Kind;

struct NamedText {
  string_view key;
  string_view value;
};

/// Draws one of the rules that `is_fit` likes; there is one in every record.
template <typename Predicate>
const ColumnRule& draw_rule(RecordForm form, Random& random, Predicate is_fit) {
  std::vector<const ColumnRule*> fit;
  for (const ColumnRule& rule : column_rules(form)) {
    if (is_fit(rule)) fit.push_back(&rule);
  }
  SPARKIFY_ASSERT(!fit.empty());
  return *random.pick(fit);
}

/// Draws a text column that holds a text in this record.
const ColumnRule& draw_text(RecordForm form, JsonObject& object, Random& random) {
  return draw_rule(form, random, [&object](const ColumnRule& rule) {
    return rule.kind == Kind::text && object.value_of(rule.key).front() == '"';
  });
}

/// Puts `piece` at the start or at the end of the JSON text `value`. No escape is torn there.
void put_into(std::string& value, string_view piece, Random& random) {
  value.insert(random.chance(0.5) ? std::size_t{1} : value.size() - 1, piece);
}

std::size_t draw_position(const JsonObject& object, Random& random) {
  return static_cast<std::size_t>(random.below(object.member_count() + 1));
}

Mutation spoil_utf8(RecordForm form, JsonObject& object, Random& random) {
  static constexpr std::array<string_view, 7> kBadBytes{
      "\xFF", "\xC3", "\x80", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF0\x9F\x8E"};
  static constexpr std::array<string_view, 3> kLoneSurrogates{"\\ud83d", "\\uDE00", "\\uD800x"};
  switch (random.below(5)) {
    case 0:
      object.insert(draw_position(object, random), "note", "\"\\ud800\"");
      return {};
    case 1:
    case 2: {
      const ColumnRule& rule = draw_text(form, object, random);
      // At the start: what follows is whole, so it cannot make a pair with the piece.
      object.value_of(rule.key).insert(1, random.pick(kLoneSurrogates));
      return {rule.column, {}};
    }
    default: {
      const ColumnRule& rule = draw_text(form, object, random);
      put_into(object.value_of(rule.key), random.pick(kBadBytes), random);
      return {};
    }
  }
}

string_view wrong_type(Kind kind, Random& random) {
  static constexpr std::array<string_view, 6> kForText{
      "42", "true", "-1.5", "[\"a\",\"b\"]", "{\"name\":\"a\"}", "[]"};
  static constexpr std::array<string_view, 8> kForInteger{"\"7\"", "7.0",  "7.5", "7e0",
                                                          "-0.0",  "true", "[7]", "{}"};
  static constexpr std::array<string_view, 8> kForLooseInteger{
      "\"7.0\"", "\" 7\"", "7.5", "\"seven\"", "\"07\"", "false", "[\"7\"]", "{}"};
  static constexpr std::array<string_view, 5> kForNumber{"\"219.5\"", "\"\"", "false", "[1.5]",
                                                         "{}"};
  switch (kind) {
    case Kind::text:
      return random.pick(kForText);
    case Kind::integer:
      return random.pick(kForInteger);
    case Kind::loose_integer:
      return random.pick(kForLooseInteger);
    case Kind::number:
      return random.pick(kForNumber);
  }
  SPARKIFY_ASSERT(false);
}

Mutation spoil_type(RecordForm form, JsonObject& object, Random& random) {
  const ColumnRule& rule = draw_rule(form, random, [](const ColumnRule&) { return true; });
  object.value_of(rule.key) = wrong_type(rule.kind, random);
  return {rule.column, {}};
}

Mutation put_nul(RecordForm form, JsonObject& object, Random& random) {
  const ColumnRule& rule = draw_text(form, object, random);
  put_into(object.value_of(rule.key), "\\u0000", random);
  return {rule.column, {}};
}

Mutation lengthen(RecordForm form, JsonObject& object, Random& random) {
  constexpr std::size_t kBytesOfAccented = 2;
  const ColumnRule& rule = draw_rule(
      form, random, [](const ColumnRule& candidate) { return candidate.kind == Kind::text; });
  std::string& value = object.value_of(rule.key);
  value = "\"";
  if (random.chance(0.5)) {
    value.append(rule.bytes_max + 1 + static_cast<std::size_t>(random.below(100)), 'x');
  } else {  // few enough characters, too many bytes
    for (std::size_t size = 0; size <= rule.bytes_max; size += kBytesOfAccented) value += "\\u00e9";
  }
  value += '"';
  return {rule.column, {}};
}

Mutation leave_range(RecordForm form, JsonObject& object, Random& random) {
  const ColumnRule& rule = draw_rule(
      form, random, [](const ColumnRule& candidate) { return !candidate.too_large.empty(); });
  object.value_of(rule.key) = random.chance(0.5) ? rule.too_small : rule.too_large;
  return {rule.column, {}};
}

Mutation leave_out(RecordForm form, JsonObject& object, Random& random) {
  const ColumnRule& rule = draw_rule(
      form, random, [form](const ColumnRule& candidate) { return candidate.is_needed_by(form); });
  const bool is_empty_missing =
      rule.key == "userId" || rule.key == "song_id" || rule.key == "artist_id";
  switch (random.below(is_empty_missing ? 3 : 2)) {
    case 0:
      object.remove(rule.key);
      break;
    case 1:
      object.value_of(rule.key) = "null";
      break;
    default:
      object.value_of(rule.key) = "\"\"";
      break;
  }
  return {rule.column, {}};
}

Mutation add_unknown_key(JsonObject& object, Random& random) {
  static constexpr std::array<NamedText, 6> kMembers{
      {{"deviceType", "\"tablet\""},
       {"experiment", "{\"id\":7,\"arms\":[\"a\",\"b\"]}"},
       {"UserId", "\"999999\""},
       {"TITLE", "\"not the title\""},
       {"", "null"},
       {"pi", "3.14159265358979323846264338327950288"}}};
  const NamedText& member = random.pick(kMembers);
  object.insert(draw_position(object, random), member.key, member.value);
  return {{}, member.key};
}

}  // namespace

Mutation mutate(FaultKind kind, RecordForm form, JsonObject& object, Random& random) {
  switch (kind) {
    case FaultKind::bad_utf8:
      return spoil_utf8(form, object, random);
    case FaultKind::bad_type:
      return spoil_type(form, object, random);
    case FaultKind::nul_character:
      return put_nul(form, object, random);
    case FaultKind::too_long:
      return lengthen(form, object, random);
    case FaultKind::out_of_range:
      return leave_range(form, object, random);
    case FaultKind::missing_field:
      return leave_out(form, object, random);
    case FaultKind::unknown_key:
      return add_unknown_key(object, random);
    default:
      break;
  }
  SPARKIFY_ASSERT(false);
}

}  // namespace sparkify
