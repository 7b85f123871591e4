#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sparkify {

/// RFC 3986: all bytes but `A-Z a-z 0-9 - . _ ~` as `%XX`, upper case; `/` stays if asked for.
std::string percent_encode(std::string_view text, bool keep_slash = false);

/// The bytes that `%XX` stand for; all else stays (`+` too). Nothing if a `%` has no two digits.
std::optional<std::string> percent_decode(std::string_view text);

}  // namespace sparkify
