#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "record/batch.h"
#include "source/object_store.h"

namespace sparkify {

/// Where objects lie for a while that Redshift takes its rows from.
struct ControlArea {
  std::string place;  ///< s3://bucket/prefix, without a slash at the end
  /// Writes below `place`; a new one for each COPY.
  std::function<Result<std::unique_ptr<ObjectWriter>>()> open;
};

namespace redshift {

/// What was written for one COPY.
struct StagedParts {
  std::string manifest;            ///< s3://bucket/prefix/...
  std::vector<std::string> names;  ///< of all objects, the manifest's too, below the area's place
  std::int64_t rows = 0;           ///< none: nothing was written
};

/// Writes all rows of `source` as gzip CSV (csv_rows.h), made on `threads` threads, in parts of
/// about 16 MiB before compression, below the folder `name`; then the manifest that lists them all
/// as mandatory. Errors: those of the source and of the area.
Result<StagedParts> write_parts(BatchSource& source, const ControlArea& area, std::string_view name,
                                std::size_t threads);

/// Takes them away again.
Status remove_parts(const ControlArea& area, const std::vector<std::string>& names);

}  // namespace redshift

}  // namespace sparkify
