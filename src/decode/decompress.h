#pragma once

#include <memory>
#include <string_view>

#include "base/byte_stream.h"

namespace sparkify {

/// How many bytes of text a byte of the named file holds, roughly: 1 unless its suffix names a
/// compression. To plan with, not to rely on.
double expected_expansion(std::string_view name);

/// The bytes of `raw`, decompressed as the suffix of `name` says: `.gz` (all members), `.zst` (all
/// frames), `.bz2` (all streams), else as they are.
/// Errors: `damaged` when the compressed bytes are cut anywhere, fail their checksum, or are
/// followed by something else; the message names `name`. Errors of `raw` pass through.
std::unique_ptr<ByteStream> decompressed(std::string_view name, std::unique_ptr<ByteStream> raw);

}  // namespace sparkify
