#include "generate/truth.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

namespace sparkify {

namespace {

using Json = nlohmann::ordered_json;

/// More are counted, but not listed: bounds the memory.
constexpr std::size_t kFaultyListedMax = 1'000'000;

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::loaded:
      return "loaded";
    case Outcome::duplicate:
      return "duplicate";
    case Outcome::rejected:
      return "rejected";
  }
  SPARKIFY_ASSERT(false);
}

Json text_or_null(std::string_view text) { return text.empty() ? Json() : Json(text); }

Json to_json_value(const GenerateOptions& options) {
  Json faults = Json::object();
  for (const auto& [kind, rate] : options.faults) faults[std::string(to_string(kind))] = rate;
  return Json{{"seed", options.seed},
              {"events", options.events},
              {"users", options.users},
              {"songs", options.songs},
              {"days", options.days},
              {"start_date", options.start_date},
              {"match_rate", options.match_rate},
              {"gzip", options.gzip},
              {"faults", faults}};
}

Json to_json_value(const FaultyRecord& faulty) {
  Json value{{"kind", to_string(faulty.kind)},
             {"file", faulty.file},
             {"record_no", faulty.record_no},
             {"line", faulty.line},
             {"byte_offset", faulty.byte_offset},
             {"outcome", to_string(faulty.outcome)},
             {"reason", text_or_null(faulty.reason)},
             {"column", text_or_null(faulty.column)}};
  if (faulty.kind == FaultKind::unknown_key) value["key"] = faulty.key;
  return value;
}

}  // namespace

Outcome outcome_of(FaultKind kind) {
  if (kind <= FaultKind::key_conflict) return Outcome::rejected;
  return kind == FaultKind::duplicate ? Outcome::duplicate : Outcome::loaded;
}

Truth::Truth(std::size_t user_count, const Catalogue& catalogue)
    : catalogue_(catalogue),
      has_event_(user_count),
      has_song_(catalogue.artist_count()),
      is_matchable_(catalogue.known_count()) {}

void Truth::add(FileReport&& report) {
  summary_.files += report.files;
  summary_.bytes += report.bytes;
  const std::size_t room = kFaultyListedMax - faulty_.size();
  const auto count = static_cast<std::ptrdiff_t>(std::min(room, report.faulty.size()));
  std::move(report.faulty.begin(), report.faulty.begin() + count, std::back_inserter(faulty_));
}

void Truth::add_song(std::int32_t song_no, std::optional<FaultKind> fault) {
  ++summary_.songs;
  if (add_fault(fault) != Outcome::loaded) return;
  ++songs_loaded_;
  const Song& song = catalogue_.song(song_no);
  has_song_[static_cast<std::size_t>(song.artist_no)] = true;
  is_matchable_[static_cast<std::size_t>(song.first_twin_no)] = true;
}

void Truth::add_event(const Event& event, std::optional<FaultKind> fault) {
  const Outcome outcome = add_fault(fault);
  ++summary_.events;
  if (event.is_play()) ++summary_.plays;
  if (outcome == Outcome::duplicate) ++duplicates_;
  if (outcome != Outcome::loaded) return;
  ++events_loaded_;
  if (event.user_no >= 0) has_event_[static_cast<std::size_t>(event.user_no)] = true;
  if (event.is_play()) add_play(event);
}

void Truth::add_play(const Event& event) {
  ++plays_loaded_;
  if (event.ts_ms != last_start_ms_) ++start_times_;
  last_start_ms_ = event.ts_ms;
  const Song& song = catalogue_.song(event.song_no);
  if (song.artist_no < 0) return;
  if (is_matchable_[static_cast<std::size_t>(song.first_twin_no)]) ++plays_matched_;
}

Outcome Truth::add_fault(std::optional<FaultKind> fault) {
  if (!fault) return Outcome::loaded;
  ++summary_.faults[*fault];
  const Outcome outcome = outcome_of(*fault);
  if (outcome == Outcome::rejected) ++rejects_[to_string(*fault)];
  return outcome;
}

std::string Truth::to_json(const GenerateOptions& options) const {
  const auto count = [](const std::vector<bool>& flags) {
    return std::count(flags.begin(), flags.end(), true);
  };
  Json faults = Json::object();
  for (const auto& [kind, number] : summary_.faults) faults[std::string(to_string(kind))] = number;
  Json rejects = Json::object();
  for (const auto& [reason, number] : rejects_) rejects[std::string(reason)] = number;
  // Written by hand around the list: a document of a million records would not be small.
  std::string out = "{\n\"options\": " + to_json_value(options).dump();
  const Json written{{"files", summary_.files},
                     {"bytes", summary_.bytes},
                     {"log_records", summary_.events},
                     {"song_records", summary_.songs}};
  const Json expected{{"log_records_loaded", events_loaded_},
                      {"songs", songs_loaded_},
                      {"artists", count(has_song_)},
                      {"users", count(has_event_)},
                      {"songplays", plays_loaded_},
                      {"matched_songplays", plays_matched_},
                      {"time", start_times_},
                      {"duplicates", duplicates_},
                      {"rejects", rejects}};
  out += ",\n\"written\": " + written.dump();
  out += ",\n\"expected\": " + expected.dump();
  out += ",\n\"faults\": " + faults.dump();
  out += ",\n\"faulty_records\": [";
  const char* separator = "\n";
  for (const FaultyRecord& faulty : faulty_) {
    out += separator + to_json_value(faulty).dump();
    separator = ",\n";
  }
  out += "\n]\n}\n";
  return out;
}

}  // namespace sparkify
