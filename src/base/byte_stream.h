#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"

namespace sparkify {

/// Bytes that can be read once, from first to last. Used by one thread at a time.
class ByteStream {
 public:
  virtual ~ByteStream() = default;
  /// Up to `buffer.size()` bytes (at least 1), the next ones; 0 at the end. The end is only
  /// reported when everything was read and proved whole.
  virtual Result<std::size_t> read(std::span<char> buffer) = 0;
};

}  // namespace sparkify
