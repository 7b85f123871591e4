#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace sparkify {

/// The text of a file that may hold a secret; nothing if there is no such file.
/// Errors    config: it cannot be read, or is longer than `bytes_max`; names the path.
Result<std::optional<Secret>> read_small_file(const std::string& path, std::size_t bytes_max);

/// Puts `text` in the file's place, at once and for the owner's eyes only.
/// Errors    config, with the path.
Status replace_small_file(const std::string& path, const Secret& text);

}  // namespace sparkify
