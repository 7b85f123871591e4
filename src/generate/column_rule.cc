#include "generate/column_rule.h"

#include <array>

namespace sparkify {

namespace {

using Kind = ColumnRule::Kind;
using Need = ColumnRule::Need;

constexpr std::string_view kUnderInt32 = "-2147483649";
constexpr std::string_view kOverInt32 = "2147483648";
constexpr std::string_view kUnderInt64 = "-9223372036854775809";
constexpr std::string_view kOverInt64 = "9223372036854775808";
constexpr std::string_view kUnderDecimal = "-10000000.00000";
constexpr std::string_view kOverDecimal = "9999999.999995";  // rounds up to 10000000

constexpr auto kLogRules = std::to_array<ColumnRule>({
    {"artist", "artist", Kind::text, Need::play, 1024, "", ""},
    {"auth", "auth", Kind::text, Need::never, 64, "", ""},
    {"firstName", "first_name", Kind::text, Need::never, 1024, "", ""},
    {"gender", "gender", Kind::text, Need::never, 64, "", ""},
    {"itemInSession", "item_in_session", Kind::integer, Need::always, 0, "-1", "1048576"},
    {"lastName", "last_name", Kind::text, Need::never, 1024, "", ""},
    {"length", "length", Kind::number, Need::play, 0, kUnderDecimal, kOverDecimal},
    {"level", "level", Kind::text, Need::never, 64, "", ""},
    {"location", "location", Kind::text, Need::never, 1024, "", ""},
    {"method", "method", Kind::text, Need::never, 64, "", ""},
    {"page", "page", Kind::text, Need::always, 64, "", ""},
    {"registration", "registration", Kind::loose_integer, Need::never, 0, kUnderInt64, kOverInt64},
    {"sessionId", "session_id", Kind::integer, Need::always, 0, "-1", "4398046511104"},
    {"song", "song", Kind::text, Need::play, 1024, "", ""},
    {"status", "status", Kind::integer, Need::never, 0, kUnderInt32, kOverInt32},
    {"ts", "ts", Kind::integer, Need::always, 0, "-1", "253402300800000"},
    {"userAgent", "user_agent", Kind::text, Need::never, 2048, "", ""},
    {"userId", "user_id", Kind::loose_integer, Need::play, 0, "\"-1\"", "\"2147483648\""},
});

constexpr auto kSongRules = std::to_array<ColumnRule>({
    {"num_songs", "num_songs", Kind::integer, Need::never, 0, kUnderInt32, kOverInt32},
    {"artist_id", "artist_id", Kind::text, Need::always, 64, "", ""},
    {"artist_latitude", "artist_latitude", Kind::number, Need::never, 0, "-1e400", "1e400"},
    {"artist_longitude", "artist_longitude", Kind::number, Need::never, 0, "-1e309", "2e308"},
    {"artist_location", "artist_location", Kind::text, Need::never, 1024, "", ""},
    {"artist_name", "artist_name", Kind::text, Need::always, 1024, "", ""},
    {"song_id", "song_id", Kind::text, Need::always, 64, "", ""},
    {"title", "title", Kind::text, Need::always, 1024, "", ""},
    {"duration", "duration", Kind::number, Need::always, 0, kUnderDecimal, kOverDecimal},
    {"year", "year", Kind::integer, Need::never, 0, kUnderInt32, kOverInt32},
});

}  // namespace

std::span<const ColumnRule> column_rules(RecordForm form) {
  if (form == RecordForm::song) return kSongRules;
  return kLogRules;
}

}  // namespace sparkify
