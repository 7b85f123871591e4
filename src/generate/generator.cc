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
#include "generate/day_version.h"
#include "generate/delivery_plan.h"
#include "generate/expectation.h"
#include "generate/file_crew.h"
#include "generate/log_files.h"
#include "generate/odd_encoding.h"
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
  TRY(check_range("deliveries", options.deliveries, 1, options.days));
  TRY(check_range("delivery", options.delivery, 1, options.deliveries));
  TRY(check_fault_rates(options.faults));
  TRY_ASSIGN(const Day first_day, Day::parse(options.start_date));
  if (!first_day.plus(options.days).is_in_range()) {
    return make_error(ErrorKind::usage,
                      fmt::format("generate: {} days from {} on go past the year 9999; take fewer",
                                  options.days, options.start_date));
  }
  return first_day;
}

/// One call of generate(): what it is made of, and how it goes.
class Generation {
 public:
  Generation(const GenerateOptions& options, Day first_day, ObjectWriter& writer,
             GenerateProgress& progress)
      : options_(options),
        first_day_(first_day),
        writer_(writer),
        population_(options.seed, static_cast<std::size_t>(options.users),
                    {first_day.start_ms(), options.days}),
        catalogue_(options.seed, static_cast<std::size_t>(options.songs), options.match_rate,
                   options.events),
        expectation_(population_.count(), catalogue_, options.deliveries > 1),
        data_(writer, options.gzip, progress),
        songs_(options.seed, faults_, catalogue_, texts_, deliveries_, data_),
        logs_(options.seed, first_day, texts_, data_) {}

  /// Deliveries before the one that is wanted are gone through, too: what an ETL must make of it
  /// depends on them. They are not written.
  Result<GenerateSummary> run() {
    for (std::int32_t delivery = 1; delivery <= options_.delivery; ++delivery) {
      delivery_ = delivery;
      expectation_.start_run();
      TRY(deliver_songs());
      expectation_.end_songs();
      TRY(deliver_logs());
      truth_.add_expected(expectation_.state());
    }
    TRY(crew_.finish());
    const std::string text = truth_.to_json(options_);
    FileReport report;
    report.files = 1;
    report.bytes = static_cast<std::int64_t>(text.size());
    truth_.add(std::move(report));
    TRY(writer_.write("truth.json", text));
    TRY(writer_.finish());
    return truth_.summary();
  }

 private:
  bool is_written() const { return delivery_ == options_.delivery; }

  Status deliver_songs() {
    const auto count = static_cast<std::int32_t>(options_.songs);
    for (std::int32_t song_no = 0; song_no < count; ++song_no) add_song(song_no);
    for (std::int32_t first = 0; is_written() && first < count; first += kSongsInJob) {
      const std::int32_t end = std::min(first + kSongsInJob, count);
      TRY(crew_.add(end - first, [this, first, end](FileDesk& desk, FileReport& report) {
        return songs_.write(first, end, options_.delivery, desk, report);
      }));
    }
    return {};
  }

  void add_song(std::int32_t song_no) {
    const FilePlan file = deliveries_.song_file(song_no);
    const auto arrival = file.arrival_in(delivery_);
    if (!arrival) return;
    const std::optional<FaultKind> fault = songs_.fault_of(song_no);
    if (file.fault == FaultKind::utf16) {
      expectation_.add_unreadable_song(reject_reason(file.utf16));
    } else {
      expectation_.add_song(song_no, fault, arrival->form == FileForm::other_title);
    }
    if (!is_written()) return;
    truth_.add_song();
    if (fault) truth_.add_fault(*fault);
    if (file.fault) truth_.add_fault(*file.fault);
  }

  /// The days are made anew for each delivery, since a late one would have to be kept for long.
  Status deliver_logs() {
    Timeline timeline({options_.seed, options_.events, options_.days}, first_day_, population_,
                      catalogue_);
    DayPlanner planner(options_.seed, faults_, population_.count(), texts_);
    for (std::int32_t day_no = 0; day_no < options_.days; ++day_no) {
      const FilePlan file = deliveries_.log_file(day_no);
      const auto& events = timeline.next_day();
      const bool is_last = day_no + 1 == options_.days;
      DayPlan plan = file.fault == FaultKind::utf16 ? planner.next_unread(events)
                                                    : planner.next(events, is_last);
      const auto arrival = file.arrival_in(delivery_);
      if (!arrival || plan.records.empty()) continue;
      TRY(deliver_day(in_form(arrival->form, std::move(plan), options_.seed), file, *arrival));
    }
    return {};
  }

  Status deliver_day(DayPlan plan, const FilePlan& file, FilePlan::Arrival arrival) {
    if (file.fault == FaultKind::utf16) {
      expectation_.add_unreadable_log(reject_reason(file.utf16));
      if (is_written()) truth_.add_unreadable_log();
    } else {
      for (PlannedRecord& record : plan.records) add_record(record);
    }
    if (!is_written()) return {};
    if (file.fault) truth_.add_fault(*file.fault);
    const auto shared = std::make_shared<const DayPlan>(std::move(plan));
    return crew_.add(shared->event_count,
                     [this, shared, file, arrival](FileDesk& desk, FileReport& report) {
                       return logs_.write(*shared, file, arrival, desk, report);
                     });
  }

  void add_record(PlannedRecord& record) {
    record.outcome = expectation_.add_event(record.event, record.fault);
    if (!is_written()) return;
    truth_.add_event(record.event);
    if (record.fault) {
      truth_.add_fault(*record.fault);
    } else if (record.outcome == Outcome::rejected) {
      truth_.add_fault(FaultKind::key_conflict);
    }
  }

  const GenerateOptions& options_;
  const Day first_day_;
  ObjectWriter& writer_;
  const Population population_;
  const Catalogue catalogue_;
  const RecordText texts_{population_, catalogue_};
  const FaultDraw faults_{options_.faults, FaultDraw::Subject::record};
  const DeliveryPlan deliveries_{options_.seed, options_.faults, options_.deliveries,
                                 options_.days};
  Expectation expectation_;
  Truth truth_;
  const DataWriter data_;
  const SongFiles songs_;
  const LogFiles logs_;
  FileCrew crew_{options_.threads, [this](FileReport&& report) { truth_.add(std::move(report)); }};
  std::int32_t delivery_ = 1;  ///< that is being gone through
};

}  // namespace

Result<GenerateSummary> generate(const GenerateOptions& options, ObjectWriter& writer,
                                 GenerateProgress& progress) {
  TRY_ASSIGN(const Day first_day, check(options));
  return Generation(options, first_day, writer, progress).run();
}

}  // namespace sparkify
