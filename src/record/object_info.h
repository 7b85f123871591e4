#pragma once

#include <cstdint>
#include <string>

#include "record/schema.h"

namespace sparkify {

/// One version of one source object, as a listing shows it.
struct ObjectInfo {
  /// Local files: `file://` and the absolute path, not percent-encoded.
  std::string uri;
  /// What changes when the content does. Local files: size and modification time.
  std::string etag;
  std::uint64_t size_bytes = 0;  ///< as stored, so compressed
};

}  // namespace sparkify
