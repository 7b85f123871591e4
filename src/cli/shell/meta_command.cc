#include "cli/shell/meta_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace sparkify {

namespace {

using Kind = MetaCommand::Kind;

constexpr std::string_view kSpace = " \t\r\n";
constexpr std::array kWords = std::to_array<MetaWord>({
    {"\\d", Kind::describe, "[TABLE]", "tables and views, or the columns of one"},
    {"\\e", Kind::edit, "", "edit what was typed last in $VISUAL or $EDITOR, then run it"},
    {"\\timing", Kind::timing, "[on|off]", "say how long each statement took"},
    {"\\x", Kind::expanded, "[on|off]", "show a row as lines, a column each"},
    {"\\?", Kind::help, "", "this help"},
    {"\\q", Kind::quit, "", "leave, as Ctrl-D does"},
});
/// What people type who come from elsewhere.
constexpr std::array kOtherWords = std::to_array<MetaWord>({
    {"exit", Kind::quit, "", ""},
    {"quit", Kind::quit, "", ""},
    {"help", Kind::help, "", ""},
    {"\\h", Kind::help, "", ""},
    {"\\help", Kind::help, "", ""},
    {"\\quit", Kind::quit, "", ""},
    {"\\dt", Kind::describe, "", ""},
    {"\\edit", Kind::edit, "", ""},
});

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// Also without the semicolon that fingers add.
std::string_view bare(std::string_view line) {
  line = trimmed(line);
  while (line.ends_with(';')) line = trimmed(line.substr(0, line.size() - 1));
  return line;
}

std::string unquoted(std::string_view argument) {
  if (argument.size() < 2 || !argument.starts_with('"') || !argument.ends_with('"')) {
    return std::string(argument);
  }
  argument = argument.substr(1, argument.size() - 2);
  std::string name;
  for (std::size_t at = 0; at < argument.size(); ++at) {
    if (argument.substr(at).starts_with("\"\"")) ++at;
    name += argument[at];
  }
  return name;
}

template <typename Words>
const MetaWord* find_word(const Words& words, std::string_view word) {
  const auto found =
      std::find_if(words.begin(), words.end(), [&](const auto& each) { return each.word == word; });
  return found == words.end() ? nullptr : &*found;
}

}  // namespace

std::span<const MetaWord> meta_words() { return kWords; }

bool is_meta_command(std::string_view line) {
  line = bare(line);
  return line.starts_with('\\') || find_word(kOtherWords, line) != nullptr;
}

Result<MetaCommand> parse_meta_command(std::string_view line) {
  line = bare(line);
  const std::string_view word = line.substr(0, line.find_first_of(kSpace));
  const std::string_view argument = trimmed(line.substr(word.size()));
  const MetaWord* found = find_word(kWords, word);
  if (found == nullptr) found = find_word(kOtherWords, word);
  if (found == nullptr) {
    return make_error(ErrorKind::usage,
                      fmt::format("{}: no such command; \\? shows what there is", printable(word)));
  }
  const bool takes_argument = !found->argument.empty();
  if (!argument.empty() && !takes_argument) {
    return make_error(ErrorKind::usage, fmt::format("{} stands alone; leave {} out", found->word,
                                                    printable(argument)));
  }
  return MetaCommand{found->kind, unquoted(argument)};
}

std::string meta_help() {
  std::string text = "A statement ends with a semicolon, on this line or a later one.\n";
  for (const MetaWord& each : kWords) {
    const std::string usage = fmt::format("{} {}", each.word, each.argument);
    text += fmt::format("  {:<18}{}\n", usage, each.effect);
  }
  return text +
         "  Tab               complete a keyword, a table, a column\n"
         "  Ctrl-C            drop what was typed; end a statement that runs\n"
         "  Ctrl-R            search what was typed before\n"
         "What begins with a blank is not kept for the next time.\n";
}

Result<bool> switched(const MetaCommand& command, bool was_on) {
  if (command.argument.empty()) return !was_on;
  if (command.argument == "on") return true;
  if (command.argument == "off") return false;
  return make_error(ErrorKind::usage, fmt::format("{}: on or off", printable(command.argument)));
}

}  // namespace sparkify
