#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sparkify {

inline constexpr std::string_view kS3Scheme = "s3://";

/// A bucket, and a key, prefix or pattern in it. The key is data: any bytes, nothing is decoded.
struct S3Uri {
  std::string bucket;
  std::string key;  ///< may be empty, may begin with `/`

  /// `s3://bucket/key`.
  std::string text() const;
};

/// Errors    config: no `s3://`, or no bucket's name (3 to 63 of `a-z A-Z 0-9 . - _`).
Result<S3Uri> parse_s3_uri(std::string_view text);

/// Whether `folder` is `location` or lies below it, so that a listing of the one finds what is in
/// the other. Both as users write them; false of a pattern.
bool s3_lists_folder(std::string_view location, std::string_view folder);

}  // namespace sparkify
