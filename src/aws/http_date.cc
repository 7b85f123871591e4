#include "aws/http_date.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace sparkify {

namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
/// Letters and digits stand where they stand here; the rest is as it is here.
constexpr std::string_view kForm = "aaa, 00 aaa 0000 00:00:00 GMT";

bool has_form(std::string_view text) {
  if (text.size() != kForm.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool fits = kForm[i] == 'a'   ? is_letter
                      : kForm[i] == '0' ? c >= '0' && c <= '9'
                                        : c == kForm[i];
    if (!fits) return false;
  }
  return true;
}

unsigned number(std::string_view text, std::size_t at, std::size_t digits) {
  unsigned value = 0;
  std::from_chars(text.data() + at, text.data() + at + digits, value);
  return value;
}

}  // namespace

std::optional<std::int64_t> parse_http_date(std::string_view text) {
  using namespace std::chrono;  // NOLINT: its names are all that this function is about
  if (!has_form(text)) return std::nullopt;
  const auto* const month_name = std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
  if (month_name == kMonths.end()) return std::nullopt;
  const year_month_day date(year(static_cast<int>(number(text, 12, 4))),
                            month(static_cast<unsigned>(month_name - kMonths.begin()) + 1),
                            day(number(text, 5, 2)));
  const unsigned hour_of_day = number(text, 17, 2);
  const unsigned minute_of_hour = number(text, 20, 2);
  const unsigned second_of_minute = number(text, 23, 2);  // 60 is a leap second
  if (!date.ok() || hour_of_day > 23 || minute_of_hour > 59 || second_of_minute > 60) {
    return std::nullopt;
  }
  const auto time =
      sys_days(date) + hours(hour_of_day) + minutes(minute_of_hour) + seconds(second_of_minute);
  return duration_cast<microseconds>(time.time_since_epoch()).count();
}

}  // namespace sparkify
