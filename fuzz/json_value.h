#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace sparkify::fuzz {

/// A scalar as nlohmann's parser gives it.
struct SeenValue {
  enum class Kind { null, boolean, integer, real, text, nested } kind = Kind::null;
  std::int64_t integer = 0;
  double real = 0;
  std::string text;  ///< of a text; of a real, its digits as they stand
};

/// What a second parser sees in one JSON text.
struct SeenObject {
  bool is_well_formed = false;
  bool is_object = false;
  /// A number that no double holds: this parser takes it for a fault, the contract does not.
  bool has_huge_number = false;
  std::size_t depth = 0;  ///< of the deepest value
  std::map<std::string, SeenValue>
      fields;  ///< of the object itself; of a key given twice, the first
};

/// Collects SeenObject from the events of nlohmann's parser.
class SeenObjectReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit SeenObjectReader(SeenObject& seen) : seen_(seen) {}

  bool null() override { return put({}); }
  bool boolean(bool /*value*/) override { return put({SeenValue::Kind::boolean, 0, 0, {}}); }
  bool number_integer(number_integer_t value) override {
    return put({SeenValue::Kind::integer, value, 0, {}});
  }
  bool number_unsigned(number_unsigned_t value) override {
    // More than an int64 holds is out of every range of ours; the sign is all that matters then.
    const bool fits = value <= static_cast<number_unsigned_t>(INT64_MAX);
    return put(
        {SeenValue::Kind::integer, fits ? static_cast<std::int64_t>(value) : INT64_MAX, 0, {}});
  }
  bool number_float(number_float_t value, const string_t& digits) override {
    return put({SeenValue::Kind::real, 0, value, digits});
  }
  bool string(string_t& value) override { return put({SeenValue::Kind::text, 0, 0, value}); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(std::size_t /*elements*/) override { return open(true); }
  bool start_array(std::size_t /*elements*/) override { return open(false); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& value) override {
    if (depth_ == 1) key_ = value;
    return true;
  }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) override {
    constexpr int kNumberOverflow = 406;
    seen_.has_huge_number = seen_.has_huge_number || error.id == kNumberOverflow;
    return false;
  }

 private:
  bool open(bool is_object) {
    if (depth_ == 0) seen_.is_object = is_object;
    if (depth_ == 1) put({SeenValue::Kind::nested, 0, 0, {}});
    ++depth_;
    if (depth_ > seen_.depth) seen_.depth = depth_;
    return true;
  }
  bool close() {
    --depth_;
    return true;
  }
  bool put(const SeenValue& value) {
    if (depth_ == 1 && seen_.is_object) seen_.fields.emplace(key_, value);
    if (depth_ + 1 > seen_.depth && value.kind != SeenValue::Kind::nested) seen_.depth = depth_ + 1;
    return true;
  }

  SeenObject& seen_;
  std::size_t depth_ = 0;
  std::string key_;
};

inline SeenObject see(std::string_view text) {
  SeenObject seen;
  // This parser passes over a byte-order mark; in the middle of a file it is a fault.
  if (text.starts_with("\xEF\xBB\xBF")) return seen;
  SeenObjectReader reader(seen);
  seen.is_well_formed = nlohmann::json::sax_parse(text, &reader);
  return seen;
}

}  // namespace sparkify::fuzz
