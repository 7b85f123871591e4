#pragma once

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

namespace sparkify::fuzz {

/// How many records nlohmann's parser finds in a whole text, where it takes all of it.
struct SeenRecords {
  std::size_t count = 0;
  std::size_t not_objects = 0;  ///< elements of an array that are something else
  std::size_t depth = 0;        ///< of the deepest value
};

/// Counts what stands at one depth, from the events of nlohmann's parser.
class RecordCounter : public nlohmann::json_sax<nlohmann::json> {
 public:
  /// `depth` of a record: 0, or 1 for elements of an array.
  RecordCounter(SeenRecords& seen, std::size_t depth) : seen_(seen), record_depth_(depth) {}

  bool null() override { return scalar(); }
  bool boolean(bool /*value*/) override { return scalar(); }
  bool number_integer(number_integer_t /*value*/) override { return scalar(); }
  bool number_unsigned(number_unsigned_t /*value*/) override { return scalar(); }
  bool number_float(number_float_t /*value*/, const string_t& /*digits*/) override {
    return scalar();
  }
  bool string(string_t& /*value*/) override { return scalar(); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool key(string_t& /*value*/) override { return true; }
  bool start_object(std::size_t /*elements*/) override { return open(true); }
  bool start_array(std::size_t /*elements*/) override { return open(false); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& /*error*/) override {
    return false;
  }

 private:
  void begin(bool is_object) {
    seen_.depth = std::max(seen_.depth, depth_ + 1 - record_depth_);
    if (depth_ != record_depth_) return;
    ++seen_.count;
    if (!is_object) ++seen_.not_objects;
  }
  bool scalar() {
    begin(false);
    return true;
  }
  bool open(bool is_object) {
    if (depth_ >= record_depth_) begin(is_object);
    ++depth_;
    return true;
  }
  bool close() {
    --depth_;
    return true;
  }

  SeenRecords& seen_;
  const std::size_t record_depth_;
  std::size_t depth_ = 0;
};

/// The records of a text that is one array, or objects one after another with only white space
/// between them; nothing if it is neither, or not to its end.
inline std::optional<SeenRecords> see_records(std::string_view text) {
  constexpr std::string_view kWhiteSpace = " \t\r\n";
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  // This parser takes a NUL for the end.
  if (text.find('\0') != text.npos) return std::nullopt;
  SeenRecords seen;
  const std::size_t first = text.find_first_not_of(kWhiteSpace);
  if (first == text.npos) return seen;
  if (text[first] == '[') {
    RecordCounter counter(seen, 1);
    if (!nlohmann::json::sax_parse(text.substr(first), &counter)) return std::nullopt;
    return seen;
  }
  std::istringstream stream{std::string(text)};
  for (std::size_t at = first; at != text.npos;) {
    // A second byte-order mark, which this parser passes over, is not white space.
    if (text[at] != '{') return std::nullopt;
    stream.seekg(static_cast<std::streamoff>(at));
    RecordCounter counter(seen, 0);
    constexpr bool kToTheEnd = false;  // what follows is the next one
    if (!nlohmann::json::sax_parse(stream, &counter, nlohmann::json::input_format_t::json,
                                   kToTheEnd)) {
      return std::nullopt;
    }
    const std::streamoff end = stream.tellg();
    if (end < 0) return std::nullopt;
    at = text.find_first_not_of(kWhiteSpace, static_cast<std::size_t>(end));
  }
  return seen;
}

}  // namespace sparkify::fuzz
