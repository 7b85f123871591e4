#pragma once

#include <string>

#include "base/stop_flag.h"
#include "source/object_store.h"

namespace sparkify {

/// Files of this machine. Locations are paths (relative ones from the current folder), or globs
/// with `*`, `?` and `[..]`; a folder is walked, symbolic links are followed, each folder once (of
/// several names, the first in byte order). In a folder only names that say JSON count: .json
/// .jsonl .ndjson, each also with .gz .zst .bz2; hidden names (leading `.`) are passed over. A file
/// that is named is taken whatever its name.
class LocalStore : public ObjectStore {
 public:
  LocalStore() = default;
  /// Listing ends with an error of kind `stopped` when `stop` is set; it must outlive the store.
  explicit LocalStore(const StopFlag& stop) : stop_(&stop) {}
  Result<Listing> list(const std::string& location) override;
  Result<Listing> sample(const std::string& location, std::size_t names_max) override;
  Result<std::unique_ptr<ByteStream>> open(const ObjectInfo& object) override;

 private:
  const StopFlag* stop_ = nullptr;
};

/// Writes files under a folder, making folders as needed. A file appears under its name only when
/// it is complete.
class LocalWriter : public ObjectWriter {
 public:
  explicit LocalWriter(std::string folder) : folder_(std::move(folder)) {}
  Status write(std::string_view name, std::string_view bytes) override;
  Status remove(std::string_view name) override;

 private:
  std::string folder_;
};

}  // namespace sparkify
