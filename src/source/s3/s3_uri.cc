#include "source/s3/s3_uri.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"

namespace sparkify {

namespace {

constexpr std::size_t kBucketBytesMin = 3;
constexpr std::size_t kBucketBytesMax = 255;  // buckets of us-east-1 from before 2018

bool is_bucket_name(std::string_view name) {
  return name.size() >= kBucketBytesMin && name.size() <= kBucketBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '.' || c == '-' || c == '_';
         });
}

}  // namespace

std::string S3Uri::text() const { return fmt::format("{}{}/{}", kS3Scheme, bucket, key); }

Result<S3Uri> parse_s3_uri(std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with(kS3Scheme)) {
    rest.remove_prefix(kS3Scheme.size());
    const std::size_t slash = rest.find('/');
    const std::string_view bucket = rest.substr(0, slash);
    if (is_bucket_name(bucket)) {
      const bool has_key = slash != std::string_view::npos;
      return S3Uri{std::string(bucket), std::string(has_key ? rest.substr(slash + 1) : "")};
    }
  }
  return make_error(ErrorKind::config,
                    fmt::format("{}: is no place in S3; give s3://BUCKET/PREFIX, with the bucket's "
                                "name (3 to 63 letters, digits, dots, hyphens)",
                                printable(text)));
}

bool s3_lists_folder(std::string_view location, std::string_view folder) {
  if (!location.starts_with(kS3Scheme)) return false;
  for (std::string_view* place : {&location, &folder}) {
    while (place->size() > kS3Scheme.size() && place->ends_with('/')) place->remove_suffix(1);
  }
  const std::string_view rest = folder.substr(std::min(folder.size(), location.size()));
  return folder.starts_with(location) && (rest.empty() || rest.starts_with('/'));
}

}  // namespace sparkify
