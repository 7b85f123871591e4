#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sparkify {

/// Where the shell keeps what was typed: below $XDG_STATE_HOME, else ~/.local/state. Nothing where
/// neither is known.
std::optional<std::string> history_path(const std::map<std::string, std::string>& environment);

/// Whether `entry` may be kept: not what begins with a blank, is very long, or seems to have a
/// secret in it.
bool is_kept(std::string_view entry);

/// A file of what was typed, an entry a line, for its owner only. Several shells may add to it at
/// once: each entry is one write.
class History {
 public:
  /// Makes the folders. A file that has grown long is cut to its newest entries.
  /// Errors: config, with the path.
  static Result<History> open(const std::string& path);

  /// Oldest first: those that were there when it was opened, and those that were added here.
  const std::vector<std::string>& entries() const { return entries_; }
  /// Adds it, if it `is_kept` and is not the same as the one before.
  Status add(std::string_view entry);

 private:
  explicit History(std::string path) : path_(std::move(path)) {}

  std::string path_;
  std::vector<std::string> entries_;
};

}  // namespace sparkify
