#include "aws/credentials/shell_words.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace sparkify {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

// Appends what stands between the quotes of which the first is text[at]; `at` is then behind the
// second. False if there is none.
bool take_quoted(std::string_view text, std::size_t& at, std::string& word) {
  const char quote = text[at];
  for (++at; at < text.size(); ++at) {
    if (text[at] == quote) {
      ++at;
      return true;
    }
    const char next = at + 1 < text.size() ? text[at + 1] : '\0';
    if (quote == '"' && text[at] == '\\' && (next == '"' || next == '\\')) ++at;
    word += text[at];
  }
  return false;
}

}  // namespace

std::optional<std::vector<std::string>> split_shell_words(std::string_view text) {
  std::vector<std::string> words;
  std::size_t at = text.find_first_not_of(kBlank);
  while (at < text.size()) {
    std::string word;
    while (at < text.size() && kBlank.find(text[at]) == kBlank.npos) {
      if (text[at] == '\'' || text[at] == '"') {
        if (!take_quoted(text, at, word)) return std::nullopt;
        continue;
      }
      if (text[at] == '\\' && ++at == text.size()) return std::nullopt;
      word += text[at++];
    }
    words.push_back(std::move(word));
    at = std::min(text.find_first_not_of(kBlank, at), text.size());
  }
  return words;
}

}  // namespace sparkify
