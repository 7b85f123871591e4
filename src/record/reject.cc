#include "record/reject.h"

#include "base/assert.h"
#include "base/utf8.h"

namespace sparkify {

std::string_view to_string(RejectReason reason) {
  switch (reason) {
    case RejectReason::bad_utf8:
      return "bad_utf8";
    case RejectReason::bad_json:
      return "bad_json";
    case RejectReason::bad_type:
      return "bad_type";
    case RejectReason::nul_character:
      return "nul_character";
    case RejectReason::too_long:
      return "too_long";
    case RejectReason::out_of_range:
      return "out_of_range";
    case RejectReason::missing_field:
      return "missing_field";
    case RejectReason::key_conflict:
      return "key_conflict";
  }
  SPARKIFY_ASSERT(false);
}

std::string raw_text_of(std::string_view record) {
  const std::size_t last = record.find_last_not_of(" \t\r\n");
  record = record.substr(0, last == std::string_view::npos ? 0 : last + 1);
  std::string text;
  for (std::size_t at = 0; at < record.size();) {
    const Utf8Step step = utf8_step(record, at);
    const std::string_view shown = step.valid && record[at] != '\0' ? record.substr(at, step.length)
                                                                    : std::string_view("\uFFFD");
    if (text.size() + shown.size() > kRawTextBytesMax) {
      text += "…[cut]";
      break;
    }
    text += shown;
    at += step.length;
  }
  return text;
}

}  // namespace sparkify
