#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/stop_flag.h"
#include "source/object_store.h"
#include "source/s3/s3_client.h"

namespace sparkify {

/// All objects at `location`, as `ObjectStore::list` has it. In order of preference: the object of
/// that very key; those below the key as a folder (`key/`; names as in local folders count); those
/// that match it as a pattern (`*`, `?`, `[..]`, none of them matches `/`), where a match that is
/// a folder is walked. Keys that end in `/` are folder markers, and no objects.
///
/// Lists prefixes in parallel. Errors: S3Client's; source, if nothing is there.
///
/// `keys_max`  If given: stops behind the page with which so many keys were seen, and asks page by
///             page. What was not found by then may be there nevertheless, so that is no error.
Result<Listing> list_s3(S3Client& client, const std::string& location, const StopFlag& stop,
                        std::optional<std::size_t> keys_max = std::nullopt);

}  // namespace sparkify
