#include "aws/terraform_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/assert.h"

namespace sparkify {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kIndentStep = 2;

bool is_word(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; });
}

// `next` is the character behind it, 0 at the end.
std::string escaped(char c, char next) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    case '$':
    case '%':
      // Two of them before a brace would be one that is escaped; so the first of two never shows.
      if (next == '{') return {c, c};
      if (next == c) return fmt::format("\\u{:04x}", static_cast<unsigned>(c));
      return {c};
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  return byte < ' ' || byte == 0x7f ? fmt::format("\\u{:04x}", byte) : std::string{c};
}

struct Attribute {
  std::string name;
  std::string value;

  bool is_one_line() const { return value.find('\n') == value.npos; }
};

// As `terraform fmt` has it: the equals signs of neighbours of one line each are below each other.
std::size_t name_width(const std::vector<Attribute>& attributes, std::size_t at) {
  std::size_t width = attributes[at].name.size();
  if (!attributes[at].is_one_line()) return width;
  for (std::size_t i = at; i > 0 && attributes[i - 1].is_one_line(); --i) {
    width = std::max(width, attributes[i - 1].name.size());
  }
  for (std::size_t i = at + 1; i < attributes.size() && attributes[i].is_one_line(); ++i) {
    width = std::max(width, attributes[i].name.size());
  }
  return width;
}

std::string object_text(const ordered_json& object, std::size_t indent) {
  std::vector<Attribute> attributes;
  for (const auto& [name, value] : object.items()) {
    attributes.push_back({is_word(name) ? name : terraform_string(name),
                          terraform_value(value, indent + kIndentStep)});
  }
  std::string text = "{\n";
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    text += fmt::format("{:{}}{:{}} = {}\n", "", indent + kIndentStep, attributes[i].name,
                        name_width(attributes, i), attributes[i].value);
  }
  return text + fmt::format("{:{}}}}", "", indent);
}

std::string array_text(const ordered_json& array, std::size_t indent) {
  std::string text = "[\n";
  for (const ordered_json& value : array) {
    text += fmt::format("{:{}}{},\n", "", indent + kIndentStep,
                        terraform_value(value, indent + kIndentStep));
  }
  return text + fmt::format("{:{}}]", "", indent);
}

}  // namespace

std::string terraform_string(std::string_view text) {
  std::string quoted = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    quoted += escaped(text[i], i + 1 < text.size() ? text[i + 1] : '\0');
  }
  return quoted + "\"";
}

std::string terraform_value(const ordered_json& document, std::size_t indent) {
  if (document.is_object()) return object_text(document, indent);
  if (document.is_array()) return array_text(document, indent);
  SPARKIFY_ASSERT(document.is_string());
  return terraform_string(document.get_ref<const std::string&>());
}

}  // namespace sparkify
