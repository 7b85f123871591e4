#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sparkify {

/// Microseconds since 1970-01-01 UTC of a `Date` header, such as `Thu, 26 Nov 2026 12:14:03 GMT`.
/// Nothing for any other form: the two old ones of RFC 9110 are not sent any more.
std::optional<std::int64_t> parse_http_date(std::string_view text);

}  // namespace sparkify
