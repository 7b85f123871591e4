#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sparkify {

/// Bytes from text such as `512MiB`, `1.5 GiB`, `2GB` or `1073741824`.
///
/// `text`    A decimal number and one of B, KB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB
///           (powers of 1024), in any case; no unit means bytes. A fraction, of at most six digits,
///           needs a unit above B; what it leaves of a byte is cut off. `2G` is refused: readers
///           disagree about it.
/// Errors    config; the message says what is accepted, and the caller puts before it whose value
///           this is.
Result<std::uint64_t> parse_byte_size(std::string_view text);

/// For people: `1.5 GiB`, `512 MiB`, `17 B`; rounded to one digit after the point.
std::string format_bytes(std::uint64_t size_bytes);

}  // namespace sparkify
