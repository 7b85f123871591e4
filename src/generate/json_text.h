#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sparkify {

/// Appends `text` (UTF-8) as a JSON text in pure ASCII: other characters become \uXXXX with small
/// letters. `escape_slash`: `/` becomes `\/`, as the app's logs have it.
void append_json_text(std::string& out, std::string_view text, bool escape_slash);

void append_integer(std::string& out, std::int64_t number);

/// Appends `number_e5` / 100,000 without zeros at the end but with a point: "214.77832", "36.5",
/// "-7.0".
void append_decimal(std::string& out, std::int64_t number_e5);

/// `text` as it looks after its UTF-8 was taken for Latin-1 and encoded once more.
std::string encoded_twice(std::string_view text);

bool is_ascii(std::string_view text);

}  // namespace sparkify
