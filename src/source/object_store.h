#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_stream.h"
#include "base/result.h"
#include "record/object_info.h"

namespace sparkify {

/// What a listing found.
struct Listing {
  std::vector<ObjectInfo> objects;  ///< in byte order of their uri, each once
  /// Files that were passed over because their name says they hold no JSON.
  std::size_t ignored_count = 0;
};

/// Where source objects live. Safe from several threads at once.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;
  /// All objects at `location`: a folder or prefix (walked), one object, or a glob.
  /// Errors: `source`, when there is nothing at the location or a part of it cannot be listed.
  virtual Result<Listing> list(const std::string& location) = 0;
  /// The bytes of the listed version. Errors, here or from the stream: `source` (gone, no
  /// permission), `changed` (not the listed version any more, seen at the latest at its end).
  virtual Result<std::unique_ptr<ByteStream>> open(const ObjectInfo& object) = 0;
};

/// Where generated or staged objects are written.
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;
  /// Makes the object `name` (relative, with `/`) hold exactly `bytes`: whole, or not at all.
  virtual Status write(std::string_view name, std::string_view bytes) = 0;
};

}  // namespace sparkify
