#include "cli/usage_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/utf8.h"
#include "cli/nearest_word.h"

namespace sparkify {

namespace {

constexpr std::string_view kHelp = "; `sparkify --help` shows what there is";

/// The options that may stand on this command line, by their long names.
std::vector<const CLI::Option*> options_of(const CommandLine& line, const CLI::App* command) {
  std::vector<const CLI::Option*> options = line.app.get_options();
  if (command != nullptr) {
    for (const CLI::Option* option : command->get_options()) options.push_back(option);
  }
  return options;
}

const CLI::Option* find_option(const std::vector<const CLI::Option*>& options,
                               const std::string& flag) {
  const auto found = std::find_if(options.begin(), options.end(), [&](const CLI::Option* option) {
    return option->check_name(flag);
  });
  return found == options.end() ? nullptr : *found;
}

std::string hint(std::string_view word, const std::vector<std::string>& known) {
  const std::vector<std::string_view> views(known.begin(), known.end());
  const auto near = nearest_word(word, views);
  return near ? fmt::format(" (did you mean `{}`?)", *near) : std::string();
}

std::string unknown_flag(const std::vector<const CLI::Option*>& options, const std::string& flag,
                         const CLI::App* command) {
  std::vector<std::string> known;
  for (const CLI::Option* option : options) {
    if (option->get_group().empty()) continue;  // hidden: there to be refused
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  return fmt::format("`{}`: {} has no such flag{}{}", printable(flag),
                     command == nullptr ? "sparkify" : command->get_name(), hint(flag, known),
                     kHelp);
}

std::string unknown_command(const CommandLine& line, const std::string& word) {
  std::vector<std::string> known;
  for (const auto& [name, command] : line.commands) known.push_back(name);
  return fmt::format("`{}` is no command{}{}", printable(word), hint(word, known), kHelp);
}

}  // namespace

std::string usage_message(const CommandLine& line, const std::vector<std::string>& arguments,
                          const std::string& parser_message) {
  const CLI::App* command = nullptr;
  for (const std::string& argument : arguments) {
    const auto found = line.commands.find(argument);
    if (command == nullptr && found != line.commands.end()) command = found->second.app;
  }
  const auto options = options_of(line, command);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string flag = arguments[i].substr(0, arguments[i].find('='));
    if (flag == "--") break;
    if (flag.size() > 1 && flag.front() == '-') {
      const CLI::Option* option = find_option(options, flag);
      if (option == nullptr && flag.starts_with("--")) {
        return unknown_flag(options, flag, command);
      }
      const std::string letter = flag.substr(0, 2);  // what follows may be a password
      if (option == nullptr && find_option(options, letter) == nullptr) {
        return unknown_flag(options, letter, command);
      }
      const bool value_follows =
          option != nullptr && option->get_expected_min() > 0 && flag.size() == arguments[i].size();
      if (value_follows) ++i;
    } else if (command == nullptr) {
      return unknown_command(line, arguments[i]);
    }
  }
  return printable(parser_message) + std::string(kHelp);
}

}  // namespace sparkify
