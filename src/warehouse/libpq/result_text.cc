#include "warehouse/libpq/result_text.h"

#include <algorithm>

namespace sparkify::libpq {

namespace {

// PostgreSQL's src/include/catalog/pg_type.dat; they never change.
constexpr std::uint32_t kBool = 16;
constexpr std::uint32_t kInt8 = 20;
constexpr std::uint32_t kInt2 = 21;
constexpr std::uint32_t kInt4 = 23;
constexpr std::uint32_t kOid = 26;
constexpr std::uint32_t kFloat4 = 700;
constexpr std::uint32_t kFloat8 = 701;
constexpr std::uint32_t kTimestamp = 1114;
constexpr std::uint32_t kNumeric = 1700;

/// `2018-11-01 00:00:27.9` becomes `2018-11-01 00:00:27.900`; others, as `infinity`, stay.
std::string timestamp_text(std::string_view text) {
  constexpr std::size_t kSecondsEnd = 19;
  constexpr std::size_t kFractionDigits = 3;
  constexpr std::string_view kForm = "dddd-dd-dd dd:dd:dd";
  if (text.size() < kSecondsEnd) return std::string(text);
  for (std::size_t i = 0; i < kSecondsEnd; ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (kForm[i] == 'd' ? !is_digit : text[i] != kForm[i]) return std::string(text);
  }
  std::string_view fraction = text.substr(kSecondsEnd);
  if (fraction.starts_with('.')) fraction.remove_prefix(1);
  if (fraction.find_first_not_of("0123456789") != fraction.npos) return std::string(text);  // BC
  std::string out(text.substr(0, kSecondsEnd));
  out += '.';
  out += fraction.substr(0, kFractionDigits);
  out.append(kFractionDigits - std::min(kFractionDigits, fraction.size()), '0');
  return out;
}

std::string number_text(std::string_view text) {
  if (text == "NaN") return "nan";
  if (text == "Infinity") return "inf";
  if (text == "-Infinity") return "-inf";
  return std::string(text);
}

}  // namespace

ResultType result_type(std::uint32_t type_oid) {
  switch (type_oid) {
    case kBool:
      return ResultType::boolean;
    case kInt8:
    case kInt2:
    case kInt4:
    case kOid:
      return ResultType::integer;
    case kNumeric:
      return ResultType::decimal;
    case kFloat4:
    case kFloat8:
      return ResultType::real;
    case kTimestamp:
      return ResultType::timestamp;
    default:
      return ResultType::text;
  }
}

std::string cell_text(std::uint32_t type_oid, std::string_view server_text) {
  switch (type_oid) {
    case kBool:
      return server_text == "t" ? "true" : "false";
    case kTimestamp:
      return timestamp_text(server_text);
    case kNumeric:
    case kFloat4:
    case kFloat8:
      return number_text(server_text);
    default:
      return std::string(server_text);
  }
}

}  // namespace sparkify::libpq
