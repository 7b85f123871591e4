#include "doctor/finding.h"

#include <fmt/format.h>

#include <utility>

#include "base/assert.h"

namespace sparkify {

namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

/// Where an error has said what is wrong and begins to say what to do: at the first `. ` that a
/// sentence follows, else at the first `; `; outside of parentheses, in which others' words stand.
/// npos if it does not say what to do.
std::size_t end_of_trouble(std::string_view message) {
  int depth = 0;
  std::size_t semicolon = std::string_view::npos;
  for (std::size_t i = 0; i + 2 < message.size(); ++i) {
    const char c = message[i];
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (depth > 0 || message[i + 1] != ' ') continue;
    if (c == '.' && is_upper(message[i + 2])) return i;
    if (c == ';' && semicolon == std::string_view::npos) semicolon = i;
  }
  return semicolon;
}

/// As it stands behind `fix: `: a sentence's first letter is a small one there.
std::string in_a_line(std::string_view advice) {
  std::string line(advice);
  const bool is_word = line.size() > 1 && line[1] >= 'a' && line[1] <= 'z';
  if (is_word && is_upper(line[0])) line[0] = static_cast<char>(line[0] - 'A' + 'a');
  return line;
}

Finding explained(std::string name, Health health, const Error& error, std::string fix) {
  const std::string_view message = error.message;
  const std::size_t end = end_of_trouble(message);
  if (end == std::string_view::npos) {
    return {std::move(name), health, error.message, std::move(fix)};
  }
  return {std::move(name), health, std::string(message.substr(0, end)),
          in_a_line(message.substr(end + 2))};
}

}  // namespace

std::string_view to_string(Health health) {
  switch (health) {
    case Health::ok:
      return "ok";
    case Health::warn:
      return "warn";
    case Health::fail:
      return "fail";
  }
  SPARKIFY_ASSERT(false);
}

Finding fine(std::string name, std::string detail) {
  return {std::move(name), Health::ok, std::move(detail), ""};
}

Finding doubtful(std::string name, std::string detail, std::string fix) {
  return {std::move(name), Health::warn, std::move(detail), std::move(fix)};
}

Finding bad(std::string name, std::string detail, std::string fix) {
  return {std::move(name), Health::fail, std::move(detail), std::move(fix)};
}

Finding bad(std::string name, const Error& error, std::string fix) {
  return explained(std::move(name), Health::fail, error, std::move(fix));
}

Finding doubtful(std::string name, const Error& error, std::string fix) {
  return explained(std::move(name), Health::warn, error, std::move(fix));
}

Finding not_looked_at(std::string name, std::string_view reason) {
  return doubtful(std::move(name), fmt::format("not looked at: {}", reason), "");
}

}  // namespace sparkify
