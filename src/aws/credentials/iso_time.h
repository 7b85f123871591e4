#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sparkify {

/// Microseconds since 1970-01-01 UTC of `2018-11-01T12:34:56Z`, of 1970 to 9999; also with a
/// fraction, an offset (`+01:00`, `+0100`), `UTC`, or no zone, which is UTC. Nothing if it is none.
std::optional<std::int64_t> parse_iso_time(std::string_view text);

/// `2018-11-01T12:34:56Z`; a fraction is cut.
std::string format_iso_time(std::int64_t micros);

}  // namespace sparkify
