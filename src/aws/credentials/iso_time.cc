#include "aws/credentials/iso_time.h"

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "base/time.h"

namespace sparkify {
namespace {

constexpr std::int64_t kSecond_us = 1'000'000;

// Reads along a text; once something is missing, all that follows fails.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

  int number(std::size_t digits, int least, int most) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = value * 10 + digit();
    if (value < least || value > most) ok_ = false;
    return value;
  }

  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char c) {
    if (!take(c)) ok_ = false;
  }

  bool take_rest(std::string_view text) {
    if (rest_ != text) return false;
    rest_ = {};
    return true;
  }

  // The digits behind the point, in microseconds; the seventh and on are cut.
  std::int64_t fraction_us() {
    std::int64_t micros = 0;
    const std::size_t digits = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    if (digits == 0) ok_ = false;
    for (std::size_t i = 0; i < 6; ++i) micros = micros * 10 + (i < digits ? rest_[i] - '0' : 0);
    rest_.remove_prefix(digits);
    return micros;
  }

 private:
  int digit() {
    if (rest_.empty() || rest_.front() < '0' || rest_.front() > '9') {
      ok_ = false;
      return 0;
    }
    const int value = rest_.front() - '0';
    rest_.remove_prefix(1);
    return value;
  }

  std::string_view rest_;
  bool ok_ = true;
};

// What the zone at the end is ahead of UTC.
std::int64_t zone_us(Reader& reader) {
  if (reader.at_end() || reader.take_rest("Z") || reader.take_rest("UTC")) return 0;
  const bool ahead = reader.take('+');
  if (!ahead) reader.expect('-');
  const int hours = reader.number(2, 0, 23);
  reader.take(':');
  const int minutes = reader.number(2, 0, 59);
  return (ahead ? 1 : -1) * std::int64_t{hours * 60 + minutes} * 60 * kSecond_us;
}

}  // namespace

std::optional<std::int64_t> parse_iso_time(std::string_view text) {
  Reader reader(text);
  const int year = reader.number(4, 1970, 9999);
  reader.expect('-');
  const int month = reader.number(2, 1, 12);
  reader.expect('-');
  const int day = reader.number(2, 1, 31);
  if (!reader.take(' ')) reader.expect('T');
  std::int64_t seconds = std::int64_t{reader.number(2, 0, 23)} * 3600;
  reader.expect(':');
  seconds += std::int64_t{reader.number(2, 0, 59)} * 60;
  reader.expect(':');
  seconds += reader.number(2, 0, 60);  // a leap second
  const std::int64_t fraction_us = reader.take('.') ? reader.fraction_us() : 0;
  const std::int64_t ahead_us = zone_us(reader);
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!reader.ok() || !reader.at_end() || !date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  return (days * 86'400 + seconds) * kSecond_us + fraction_us - ahead_us;
}

std::string format_iso_time(std::int64_t micros) {
  std::string text = format_time(micros).substr(0, 19);  // YYYY-MM-DD HH:MM:SS
  text[10] = 'T';
  return text + "Z";
}

}  // namespace sparkify
