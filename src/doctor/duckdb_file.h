#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "doctor/finding.h"

namespace sparkify {

/// Where less is free, a load of any size, which also spills beside the file, may run out of room.
inline constexpr std::uint64_t kFreeBytesGood = std::uint64_t{1} << 30;

/// Whether this user may write a DuckDB file, or make it: the file, its folder (which gets a lock
/// file, a log and spilled rows) and a lock file that was left there.
Finding check_file_rights(const std::string& path);

/// How much room there is in the file's folder.
Finding check_free_disk(const std::string& path);
Finding judge_free_disk(const std::string& folder, std::uint64_t free_bytes);

}  // namespace sparkify
