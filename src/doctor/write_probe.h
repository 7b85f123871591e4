#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "doctor/finding.h"
#include "source/object_store.h"

namespace sparkify {

/// Opens a writer for a folder or prefix.
using OpenWriter = std::function<Result<std::unique_ptr<ObjectWriter>>(const std::string& place)>;

/// A name that nobody else has, and that no listing of data takes: it is hidden.
std::string probe_name();

/// The folder in S3 that a location of data is, or is in: `s3://bucket/logs/2018/*` is in
/// `s3://bucket/logs/2018`, and so is `s3://bucket/logs/2018/a.json`.
std::string data_folder(std::string_view location);

/// Whether writing below the data is refused to us, as it should be: who reads needs no more. What
/// it writes where it may, it removes at once.
Finding check_write_refused(std::string name, const std::string& place, const OpenWriter& open);

/// Whether we may write and remove below the control area.
Finding check_write_allowed(std::string name, const std::string& place, const OpenWriter& open);

}  // namespace sparkify
