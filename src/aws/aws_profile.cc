#include "aws/aws_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "aws/credentials/shell_words.h"
#include "base/small_file.h"
#include "base/utf8.h"

namespace sparkify {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1} << 20;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlank = " \t\r\f\v";
constexpr std::string_view kDefaults = "DEFAULT";

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

class Parser {
 public:
  explicit Parser(std::string_view file_name) : file_name_(printable(file_name)) {}

  Status line(std::string_view raw) {
    ++line_;
    if (raw.find('\0') != raw.npos) return refuse("a NUL byte: this is no plain text file");
    if (!is_utf8(raw)) return refuse("is not UTF-8");
    const std::string_view text = trim(raw);
    if (text.empty() || text.front() == '#' || text.front() == ';') return {};
    const std::size_t indent = raw.find_first_not_of(kBlank);
    if (!key_.empty() && indent > indent_) return continuation(text);
    indent_ = indent;
    return text.front() == '[' && text.find(']', 2) != text.npos ? section(text) : entry(text);
  }

  AwsSections finish() {
    const auto defaults = sections_.extract(std::string(kDefaults));
    if (defaults.empty()) return std::move(sections_);
    const AwsSection& common = defaults.mapped();
    for (auto& [name, section] : sections_) {
      for (const auto& [key, value] : common.values) {
        const bool is_new = section.values.emplace(key, value).second;
        const auto block = common.blocks.find(key);
        if (is_new && block != common.blocks.end()) section.blocks.insert(*block);
      }
    }
    return std::move(sections_);
  }

 private:
  Status section(std::string_view text) {
    key_.clear();
    const std::string name(text.substr(1, text.rfind(']') - 1));
    const auto [section, is_new] = sections_.try_emplace(name);
    if (!is_new && name != kDefaults) return refuse("this section stands in the file already");
    section_ = &section->second;
    section_->line = line_;
    return {};
  }

  Status entry(std::string_view text) {
    const std::size_t delimiter = text.find_first_of("=:");
    const std::string_view name = delimiter == text.npos ? "" : trim(text.substr(0, delimiter));
    if (name.empty()) {
      return refuse("neither [section] nor 'key = value' (it is not shown: it may be a secret)");
    }
    if (section_ == nullptr) return refuse("stands before any section, such as [default]");
    key_ = lower(name);
    const auto [value, is_new] =
        section_->values.emplace(key_, Secret(std::string(trim(text.substr(delimiter + 1)))));
    if (!is_new) return refuse("this key stands in the section already");
    return {};
  }

  Status continuation(std::string_view text) {
    Secret& value = section_->values.find(key_)->second;
    if (!value.empty()) {
      value = Secret(fmt::format("{}\n{}", value.reveal(), text));
      return {};
    }
    const std::size_t delimiter = text.find('=');
    if (delimiter == text.npos) return refuse("no 'key = value', as in an indented block");
    section_->blocks[key_].insert_or_assign(std::string(trim(text.substr(0, delimiter))),
                                            Secret(std::string(trim(text.substr(delimiter + 1)))));
    return {};
  }

  Error refuse(std::string_view message) const {
    return make_error(ErrorKind::config, fmt::format("{} line {}: {}", file_name_, line_, message));
  }

  std::string file_name_;
  std::size_t line_ = 0;
  AwsSections sections_;
  AwsSection* section_ = nullptr;
  std::string key_;         // of the last entry of the section, none behind its head
  std::size_t indent_ = 0;  // of the last head or entry
};

Result<AwsSections> read_sections(const std::string& path) {
  if (path.empty()) return AwsSections();
  TRY_ASSIGN(const std::optional<Secret> text, read_small_file(path, kFileBytesMax));
  if (!text.has_value()) return AwsSections();
  return parse_aws_ini(text->reveal(), path);
}

// Puts a section of the config file where its kind belongs; one of another kind is somebody else's.
void file_section(const std::string& head, AwsSection section, AwsProfiles& profiles) {
  if (head == "default") {
    profiles.config.insert_or_assign(head, std::move(section));
    return;
  }
  const std::optional<std::vector<std::string>> words = split_shell_words(head);
  if (!words.has_value() || words->size() != 2) return;
  const std::string& kind = words->front();
  AwsSections* const home = kind == "profile"       ? &profiles.config
                            : kind == "sso-session" ? &profiles.sso_sessions
                            : kind == "services"    ? &profiles.services
                                                    : nullptr;
  if (home != nullptr) home->insert_or_assign(words->back(), std::move(section));
}

void sort_config(const AwsSections& sections, AwsProfiles& profiles) {
  std::vector<AwsSections::const_iterator> in_order;
  for (auto section = sections.begin(); section != sections.end(); ++section) {
    in_order.push_back(section);
  }
  std::sort(in_order.begin(), in_order.end(), [](const auto& one, const auto& other) {
    return one->second.line < other->second.line;
  });
  for (const auto& section : in_order) file_section(section->first, section->second, profiles);
}

std::string file_path(const AwsEnvironment& environment, std::string_view variable,
                      std::string_view otherwise) {
  const std::string_view set = environment.variable(variable);
  return environment.expand_home(set.empty() ? otherwise : set);
}

}  // namespace

std::string_view AwsSection::value(std::string_view key) const {
  const auto found = values.find(key);
  return found == values.end() ? std::string_view() : std::string_view(found->second.reveal());
}

std::string_view AwsSection::value(std::string_view block, std::string_view key) const {
  const auto outer = blocks.find(block);
  if (outer == blocks.end()) return {};
  const auto found = outer->second.find(key);
  return found == outer->second.end() ? std::string_view()
                                      : std::string_view(found->second.reveal());
}

const AwsSection* AwsProfiles::find(std::string_view name) const {
  const auto found = merged.find(name);
  return found == merged.end() ? nullptr : &found->second;
}

Result<const AwsSection*> AwsProfiles::chosen(const AwsEnvironment& environment) const {
  static const AwsSection kNone;
  const std::string name = environment.profile_name();
  if (const AwsSection* const found = find(name)) return found;
  if (!environment.names_profile()) return &kNone;
  return make_error(
      ErrorKind::config,
      fmt::format("the AWS profile {} is neither in {} nor in {}; `aws configure list-profiles` "
                  "names those that are",
                  printable(name), config_file.empty() ? "~/.aws/config" : config_file,
                  credentials_file.empty() ? "~/.aws/credentials" : credentials_file));
}

Result<AwsSections> parse_aws_ini(std::string_view text, std::string_view file_name) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Parser parser(file_name);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    TRY(parser.line(line));
  }
  return parser.finish();
}

Result<AwsProfiles> read_aws_profiles(const AwsEnvironment& environment) {
  const std::string config_path = file_path(environment, "AWS_CONFIG_FILE", "~/.aws/config");
  const std::string credentials_path =
      file_path(environment, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
  AwsProfiles profiles;
  profiles.config_file = printable(config_path);
  profiles.credentials_file = printable(credentials_path);
  TRY_ASSIGN(const AwsSections config, read_sections(config_path));
  sort_config(config, profiles);
  TRY_ASSIGN(profiles.credentials, read_sections(credentials_path));
  profiles.merged = profiles.config;
  for (const auto& [name, section] : profiles.credentials) {
    AwsSection& into = profiles.merged[name];
    for (const auto& [key, value] : section.values) {
      into.values.insert_or_assign(key, value);
      into.blocks.erase(key);
    }
    for (const auto& [key, block] : section.blocks) into.blocks.insert_or_assign(key, block);
  }
  return profiles;
}

}  // namespace sparkify
