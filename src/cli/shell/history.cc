#include "cli/shell/history.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/redaction.h"
#include "base/small_file.h"
#include "base/utf8.h"
#include "cli/shell/table_catalogue.h"

namespace sparkify {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kEntryBytesMax = std::size_t{16} << 10;
constexpr std::size_t kFileBytesMax = std::size_t{32} << 20;
constexpr std::size_t kEntriesKept = 1000;
constexpr std::size_t kEntriesMax = 2 * kEntriesKept;
constexpr mode_t kOwnerOnly = 0600;
constexpr std::array<std::string_view, 5> kSecretWords = {"password", "secret", "credential",
                                                          "access_key", "token"};

Error cannot(const char* what, const std::string& path, const std::string& why) {
  return make_error(
      ErrorKind::config,
      fmt::format("{}: cannot {} ({}); what is typed is forgotten when the shell ends",
                  printable(path), what, why));
}

/// On one line.
std::string encoded(std::string_view entry) {
  std::string line;
  for (const char c : entry) line += c == '\n' ? "\\n" : c == '\\' ? "\\\\" : std::string(1, c);
  return line + "\n";
}

std::string decoded(std::string_view line) {
  std::string entry;
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] != '\\' || at + 1 == line.size()) {
      entry += line[at];
      continue;
    }
    ++at;
    entry += line[at] == 'n' ? '\n' : line[at];
  }
  return entry;
}

std::vector<std::string> decoded_lines(std::string_view text) {
  std::vector<std::string> entries;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    // What is no UTF-8 was not written by us.
    const std::string entry = decoded(line);
    if (!entry.empty() && entry.find('\0') == std::string::npos && is_utf8(entry)) {
      entries.push_back(entry);
    }
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return entries;
}

std::string value_of(const std::map<std::string, std::string>& environment, const char* name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string() : found->second;
}

/// `://USER:PASSWORD@` somewhere.
bool has_login(std::string_view text) {
  for (std::size_t at = text.find("://"); at != text.npos; at = text.find("://", at)) {
    at += 3;
    const std::string_view place = text.substr(at, text.find_first_of("/?#'\" \t\n", at) - at);
    const std::size_t sign = place.rfind('@');
    if (sign != place.npos && place.substr(0, sign).find(':') != place.npos) return true;
  }
  return false;
}

/// Folders that are made are their owner's alone.
Status make_folder(const fs::path& folder) {
  std::error_code error;
  if (folder.empty() || fs::is_directory(folder, error)) return {};
  TRY(make_folder(folder.parent_path()));
  if (::mkdir(folder.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return cannot("make it", folder, std::strerror(errno));
}

}  // namespace

std::optional<std::string> history_path(const std::map<std::string, std::string>& environment) {
  const std::string state = value_of(environment, "XDG_STATE_HOME");
  if (state.starts_with('/')) return state + "/sparkify/history";
  const std::string home = value_of(environment, "HOME");
  if (home.starts_with('/')) return home + "/.local/state/sparkify/history";
  return std::nullopt;
}

bool is_kept(std::string_view entry) {
  if (entry.empty() || entry.size() > kEntryBytesMax) return false;
  if (entry.front() == ' ' || entry.front() == '\t' || entry.front() == '\n') return false;
  const std::string lower = lower_case(entry);
  const bool names_secret = std::any_of(
      kSecretWords.begin(), kSecretWords.end(),
      [&lower](std::string_view word) { return lower.find(word) != std::string::npos; });
  return !names_secret && !has_login(lower) && redacted(entry) == entry;
}

Result<History> History::open(const std::string& path) {
  History history(path);
  TRY(make_folder(fs::path(path).parent_path()));
  TRY_ASSIGN(const auto text, read_small_file(path, kFileBytesMax));
  if (text) history.entries_ = decoded_lines(text->reveal());
  auto& entries = history.entries_;
  if (entries.size() <= kEntriesMax) return history;
  entries.erase(entries.begin(), entries.end() - kEntriesKept);
  std::string kept;
  for (const std::string& entry : entries) kept += encoded(entry);
  TRY(replace_small_file(path, Secret(std::move(kept))));
  return history;
}

Status History::add(std::string_view entry) {
  if (!is_kept(entry) || (!entries_.empty() && entries_.back() == entry)) return {};
  const int file = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kOwnerOnly);
  if (file < 0) return cannot("write it", path_, std::strerror(errno));
  const std::string line = encoded(entry);
  // One that was there already may have been made by another program, for all to read.
  const bool is_done = ::fchmod(file, kOwnerOnly) == 0 &&
                       ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const int error_number = errno;
  ::close(file);
  entries_.emplace_back(entry);
  return is_done ? Status() : cannot("write it", path_, std::strerror(error_number));
}

}  // namespace sparkify
