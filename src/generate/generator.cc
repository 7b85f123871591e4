#include "generate/generator.h"

#include <fmt/format.h>

#include <string_view>

#include "generate/catalogue.h"
#include "generate/data_writer.h"
#include "generate/day.h"
#include "generate/log_files.h"
#include "generate/population.h"
#include "generate/song_files.h"
#include "generate/timeline.h"
#include "generate/truth.h"

namespace sparkify {

namespace {

constexpr std::int64_t kUsersMax = 10'000'000;
constexpr std::int64_t kSongsMax = 2'000'000;
constexpr std::int32_t kDaysMax = 36'525;

Status check_range(std::string_view name, std::int64_t value, std::int64_t least,
                   std::int64_t most) {
  if (value >= least && value <= most) return {};
  return make_error(ErrorKind::usage, fmt::format("generate: {} must be from {} to {}, not {}",
                                                  name, least, most, value));
}

/// The first day, if all options are in their ranges.
Result<Day> check(const GenerateOptions& options) {
  TRY(check_range("days", options.days, 1, kDaysMax));
  TRY(check_range("events", options.events, 0, kEventsPerDayMax * options.days));
  TRY(check_range("users", options.users, options.events > 0 ? 1 : 0, kUsersMax));
  TRY(check_range("songs", options.songs, 0, kSongsMax));
  if (!(options.match_rate >= 0 && options.match_rate <= 1)) {
    return make_error(ErrorKind::usage,
                      fmt::format("generate: the match rate must be a number from 0 to 1, not {}",
                                  options.match_rate));
  }
  TRY(check_fault_rates(options.faults));
  TRY_ASSIGN(const Day first_day, Day::parse(options.start_date));
  if (!first_day.plus(options.days).is_in_range()) {
    return make_error(ErrorKind::usage,
                      fmt::format("generate: {} days from {} on go past the year 9999; take fewer",
                                  options.days, options.start_date));
  }
  return first_day;
}

}  // namespace

Result<GenerateSummary> generate(const GenerateOptions& options, ObjectWriter& writer,
                                 GenerateProgress& progress) {
  TRY_ASSIGN(const Day first_day, check(options));
  const Population population(options.seed, static_cast<std::size_t>(options.users),
                              {first_day.start_ms(), options.days});
  const Catalogue catalogue(options.seed, static_cast<std::size_t>(options.songs),
                            options.match_rate, options.events);
  const FaultDraw faults(options.faults);
  Truth truth(population.count(), catalogue);
  DataWriter data(writer, options.gzip, truth, progress);
  TRY(write_song_files(options.seed, faults, catalogue, truth, data));

  Timeline timeline({options.seed, options.events, options.days}, first_day, population, catalogue);
  LogFiles log_files(options.seed, faults, population, catalogue, truth, data);
  for (std::int32_t i = 0; i < options.days; ++i) {
    const bool is_last_day = i + 1 == options.days;
    TRY(log_files.write_day(first_day.plus(i), timeline.next_day(), is_last_day));
  }

  const std::string text = truth.to_json(options);
  truth.add_file(text.size());
  TRY(writer.write("truth.json", text));
  TRY(writer.finish());
  return truth.summary();
}

}  // namespace sparkify
