#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "generate/column_rule.h"
#include "generate/fault.h"
#include "generate/json_object.h"
#include "generate/random.h"

namespace sparkify {

/// Writes texts of `object` in another way that means the same: `kind` is escaped_ascii or
/// raw_utf8.
void encode_oddly(FaultKind kind, RecordForm form, JsonObject& object, Random& random);

/// Whether a JSON text holds a character other than ASCII, escaped.
bool holds_other_than_ascii(std::string_view json);

/// `text` with its accents composed where they are not, or the other way round: looks the same, has
/// other bytes. `text` itself, if it holds none that we know.
std::string other_normal_form(std::string_view text);

/// Texts in UTF-16; `text` must be ASCII.
enum class Utf16 : std::uint8_t { little_with_mark, big_with_mark, little };
/// Why the ETL rejects all of it as one record.
std::string_view reject_reason(Utf16 form);
std::string in_utf16(std::string_view text, Utf16 form);

}  // namespace sparkify
