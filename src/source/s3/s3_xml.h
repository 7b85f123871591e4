#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sparkify {

/// An object as ListObjectsV2 shows it.
struct S3Entry {
  std::string key;
  std::string etag;  ///< without quotes
  std::uint64_t size_bytes = 0;
};

/// One page of ListObjectsV2, asked with `encoding-type=url`.
struct S3Page {
  std::vector<S3Entry> entries;
  std::vector<std::string> prefixes;  ///< the next level, when a delimiter was given
  std::string next_token;             ///< empty: this was the last page
};

/// Errors    source, when the text is not a whole and sound listing; says what is wrong with it.
Result<S3Page> parse_s3_page(std::string_view xml);

/// What S3 says in the body of an error. All fields may be empty.
struct S3ErrorBody {
  std::string code;
  std::string message;
  std::string region;       ///< of AuthorizationHeaderMalformed
  std::string server_time;  ///< of RequestTimeTooSkewed
};

/// Of any text; one that is no error document gives empty fields.
S3ErrorBody parse_s3_error(std::string_view xml);

}  // namespace sparkify
