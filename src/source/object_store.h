#pragma once

#include <memory>
#include <optional>
#include <span>
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
  bool is_sample = false;  ///< there may be more
};

/// Lasts as long as objects that were announced may still be opened.
class Announcement {
 public:
  virtual ~Announcement() = default;
};

/// Where source objects live. Safe from several threads at once.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;
  /// All objects at `location`: a folder or prefix (walked), one object, or a glob.
  /// Errors: `source`, when there is nothing at the location or a part of it cannot be listed.
  virtual Result<Listing> list(const std::string& location) = 0;
  /// As `list`, but it may stop, and say so, once it has seen `names_max` names: for who wants to
  /// know whether the location can be read, and not what all is there.
  virtual Result<Listing> sample(const std::string& location, std::size_t /*names_max*/) {
    return list(location);
  }
  /// The bytes of the listed version. Errors, here or from the stream: `source` (gone, no
  /// permission), `changed` (not the listed version any more, seen at the latest at its end).
  virtual Result<std::unique_ptr<ByteStream>> open(const ObjectInfo& object) = 0;
  /// Tells that these objects will be opened soon, in about this order: a store that is far away
  /// fetches ahead, as far as its memory goes. May give nothing. Must go before the store does.
  virtual std::unique_ptr<Announcement> announce(std::span<const ObjectInfo> /*objects*/) {
    return nullptr;
  }
  /// The present version of an object that was `changed` when it was read; nothing if there is
  /// none, or if its kind of object may still be half written (a file).
  virtual Result<std::optional<ObjectInfo>> look_again(const ObjectInfo& /*object*/) {
    return std::optional<ObjectInfo>();
  }
};

/// Where generated or staged objects are written. `write` is safe from several threads at once, for
/// different names.
class ObjectWriter {
 public:
  virtual ~ObjectWriter() = default;
  /// Makes the object `name` (relative, with `/`) hold exactly `bytes`: whole, or not at all.
  virtual Status write(std::string_view name, std::string_view bytes) = 0;
  /// Writes one object and waits for it, as `write` and `finish` do, where it is not known whether
  /// we may: false if we have not the right to.
  virtual Result<bool> write_if_allowed(std::string_view name, std::string_view bytes) {
    TRY(write(name, bytes));
    TRY(finish());
    return true;
  }
  /// Makes sure that there is no object `name`.
  virtual Status remove(std::string_view name) = 0;
  /// Waits until all that was written or removed is so; what failed meanwhile is said by it or by a
  /// later `write`. Call it once, at the end.
  virtual Status finish() { return {}; }
};

}  // namespace sparkify
