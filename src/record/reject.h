#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sparkify {

/// Why a record was not loaded. Order and meaning: data contract, section 4.
enum class RejectReason {
  bad_utf8,
  bad_json,
  bad_type,
  nul_character,
  too_long,
  out_of_range,
  missing_field,
  key_conflict,
};

std::string_view to_string(RejectReason reason);

/// The most bytes of a record that are kept, before the cut mark.
inline constexpr std::size_t kRawTextBytesMax = 65'000;

/// A record that was not loaded, and why.
struct Reject {
  std::int32_t object_no = 0;
  std::int64_t record_no = 0;    ///< from 1, in its object
  std::int64_t line = 0;         ///< from 1, of the record's first byte
  std::int64_t byte_offset = 0;  ///< from 0, in the decompressed object
  std::string column_name;       ///< snake_case; empty stands for NULL
  RejectReason reason = RejectReason::bad_json;
  std::string raw_text;  ///< as raw_text_of makes it
};

/// The text of a record as etl_rejects keeps it: at most kRawTextBytesMax bytes (cut at a
/// character, then "…[cut]"), white space at its end dropped, invalid bytes and NUL shown as U+FFFD
/// (one for each maximal subpart, as the Unicode standard recommends).
std::string raw_text_of(std::string_view record);

}  // namespace sparkify
