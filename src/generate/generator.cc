#include "generate/generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "generate/catalogue.h"
#include "generate/data_writer.h"
#include "generate/day.h"
#include "generate/day_plan.h"
#include "generate/file_crew.h"
#include "generate/log_files.h"
#include "generate/population.h"
#include "generate/record_text.h"
#include "generate/song_files.h"
#include "generate/timeline.h"
#include "generate/truth.h"

namespace sparkify {

namespace {

constexpr std::int64_t kUsersMax = 10'000'000;
constexpr std::int64_t kSongsMax = 2'000'000;
constexpr std::int32_t kDaysMax = 36'525;
constexpr std::size_t kThreadsMax = 256;
/// A song's file is so small that handing it over would cost as much as making it.
constexpr std::int32_t kSongsInJob = 256;

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
  TRY(check_range("threads", static_cast<std::int64_t>(options.threads), 1,
                  static_cast<std::int64_t>(kThreadsMax)));
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

/// Adds the song files to the truth and to what is to be written.
Status write_songs(const SongFiles& songs, std::int32_t count, Truth& truth, FileCrew& crew) {
  for (std::int32_t song_no = 0; song_no < count; ++song_no) {
    truth.add_song(song_no, songs.fault_of(song_no));
  }
  for (std::int32_t first = 0; first < count; first += kSongsInJob) {
    const std::int32_t end = std::min(first + kSongsInJob, count);
    TRY(crew.add(end - first, [&songs, first, end](FileDesk& desk, FileReport& report) {
      return songs.write(first, end, desk, report);
    }));
  }
  return {};
}

}  // namespace

Result<GenerateSummary> generate(const GenerateOptions& options, ObjectWriter& writer,
                                 GenerateProgress& progress) {
  TRY_ASSIGN(const Day first_day, check(options));
  const Population population(options.seed, static_cast<std::size_t>(options.users),
                              {first_day.start_ms(), options.days});
  const Catalogue catalogue(options.seed, static_cast<std::size_t>(options.songs),
                            options.match_rate, options.events);
  const RecordText texts(population, catalogue);
  const FaultDraw faults(options.faults);
  const DataWriter data(writer, options.gzip, progress);
  Truth truth(population.count(), catalogue);
  const SongFiles songs(options.seed, faults, catalogue, texts, data);
  FileCrew crew(options.threads, [&truth](FileReport&& report) { truth.add(std::move(report)); });
  TRY(write_songs(songs, static_cast<std::int32_t>(options.songs), truth, crew));

  Timeline timeline({options.seed, options.events, options.days}, first_day, population, catalogue);
  DayPlanner planner(options.seed, faults, population.count());
  for (std::int32_t i = 0; i < options.days; ++i) {
    const auto plan = std::make_shared<const DayPlan>(
        planner.next(timeline.next_day(), i + 1 == options.days));
    if (plan->records.empty()) continue;
    for (const PlannedRecord& record : plan->records) truth.add_event(record.event, record.fault);
    TRY(crew.add(plan->event_count, [&, plan](FileDesk& desk, FileReport& report) {
      const std::string name = first_day.plus(plan->day_no).log_file_name();
      return write_log_file(options.seed, *plan, data.name_of(name), texts, data, desk, report);
    }));
  }
  TRY(crew.finish());

  const std::string text = truth.to_json(options);
  truth.add({1, static_cast<std::int64_t>(text.size()), {}});
  TRY(writer.write("truth.json", text));
  TRY(writer.finish());
  return truth.summary();
}

}  // namespace sparkify
