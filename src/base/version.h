#pragma once

#include <string_view>

namespace sparkify {

/// The program's version, such as "0.1.0".
std::string_view program_version();

/// The version of the tables that this program makes and works with.
inline constexpr int kSchemaVersion = 1;

}  // namespace sparkify
