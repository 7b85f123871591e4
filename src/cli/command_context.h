#pragma once

#include <map>
#include <optional>
#include <string>

#include "cli/settings.h"

namespace sparkify {

/// What stands before or behind every command.
struct GlobalFlags {
  std::map<std::string, std::string> settings;  ///< by setting name
  std::optional<std::string> config_path;
  bool quiet = false;
  int verbose = 0;
  bool json = false;
};

/// What a command runs with.
struct CommandContext {
  const GlobalFlags& flags;
  const Settings& settings;
  const std::map<std::string, std::string>& environment;
};

}  // namespace sparkify
