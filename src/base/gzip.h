#pragma once

#include <string>
#include <string_view>

namespace sparkify {

/// `text` as one gzip member, packed fast rather than small; without a name or a time in it, so the
/// same text gives the same bytes (of one version of zlib).
std::string gzip(std::string_view text);

}  // namespace sparkify
