#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace sparkify {

/// One value of a configuration file. Held as a secret because one of them is a password.
struct DwhCfgValue {
  Secret text;  ///< without the quotes around it; never empty
  std::size_t line = 0;
};

/// What a `dwh.cfg` says, with the keys and sections that we know; the rest became warnings.
struct DwhCfg {
  std::string file_name;                      ///< as it was asked for, safe to print
  std::map<std::string, DwhCfgValue> values;  ///< by `SECTION.KEY`, upper case, no aliases
  std::vector<std::string> warnings;          ///< each names file and line; never a value

  /// The value, or nullptr if the file does not have it or leaves it empty.
  const DwhCfgValue* find(std::string_view section, std::string_view key) const;
  /// `dwh.cfg line 7`.
  std::string origin(const DwhCfgValue& value) const;
};

/// Reads the INI text that users of this warehouse share with Python's configparser.
///
/// Parsed by hand: Debian's inih takes ` ;` for the start of a comment and cuts the value there,
/// which would shorten a password without a word.
///
/// `text`    Lines `[SECTION]`, `key = value` or `key: value`; a comment is a line of its own that
///           starts with # or ; . Sections and keys in any case; spaces around both are dropped.
///           One pair of '..' or ".." around a value is taken off. `%%` is one %, as configparser
///           reads it; a single % stands for itself. A BOM and CRLF are accepted. An empty value
///           is one that is not set. LOG_JSON_PATH is LOG_JSONPATH.
/// Warnings  for an unknown section or key, with the nearest known one.
/// Errors    config, with the line: neither of the above, a key before any section, a key twice
///           (configparser refuses that too), a NUL byte. No error shows the line itself: it may be
///           a piece of a password.
Result<DwhCfg> parse_dwh_cfg(std::string_view text, std::string_view file_name);

/// `parse_dwh_cfg` of a file of at most 1 MiB; none if there is no such file. Warns if the file
/// holds a password and others may read it.
/// Errors    config: as above, too large, cannot be read; it holds a command and is not ours (or
///           root's) alone to write.
Result<std::optional<DwhCfg>> read_dwh_cfg(const std::string& path);

}  // namespace sparkify
