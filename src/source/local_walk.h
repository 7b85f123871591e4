#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/stop_flag.h"
#include "source/object_store.h"

namespace sparkify {

inline constexpr std::string_view kFileScheme = "file://";

/// What tells one version of a file from another: its size and the time of its last change.
std::string etag_of(const struct stat& info);

/// An error of kind `source`: what was tried on which path, and why the system refused.
Error source_error(std::string_view path, std::string_view tried, int error_number);

/// The files at and below `places` (absolute paths), as source/local_store.h says; at most
/// `names_max` names of folders are looked at. On several threads, where that cannot show.
/// Errors: `source`, and `stopped` when `stop` (null: none) is set.
Result<Listing> walk_files(const std::vector<std::string>& places, const StopFlag* stop,
                           std::size_t names_max);

}  // namespace sparkify
