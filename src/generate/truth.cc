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
              {"deliveries", options.deliveries},
              {"delivery", options.delivery},
              {"faults", faults}};
}

Json to_json_value(const ExpectedState& state) {
  Json rejects = Json::object();
  for (const auto& [reason, number] : state.rejects) rejects[std::string(reason)] = number;
  return Json{{"log_records", state.log_records},
              {"song_records", state.song_records},
              {"log_records_loaded", state.log_records_loaded},
              {"song_records_loaded", state.song_records_loaded},
              {"duplicates", state.duplicates},
              {"late_matches", state.late_matches},
              {"rejects", rejects},
              {"songs", state.songs},
              {"artists", state.artists},
              {"users", state.users},
              {"paid_users", state.paid_users},
              {"songplays", state.songplays},
              {"matched_songplays", state.matched_songplays},
              {"time", state.time}};
}

Json to_json_value(const FaultyFile& faulty) {
  Json value{{"kind", to_string(faulty.kind)}, {"file", faulty.file}};
  if (faulty.kind == FaultKind::changed_object) {
    value["version"] = faulty.version;
    value["form"] = faulty.form;
  }
  return value;
}

Json to_json_value(const FaultyRecord& faulty) {
  Json value{{"kind", to_string(faulty.kind)},        {"file", faulty.file},
             {"record_no", faulty.record_no},         {"line", faulty.line},
             {"byte_offset", faulty.byte_offset},     {"outcome", to_string(faulty.outcome)},
             {"reason", text_or_null(faulty.reason)}, {"column", text_or_null(faulty.column)}};
  if (faulty.kind == FaultKind::unknown_key) value["key"] = faulty.key;
  return value;
}

/// One a line.
template <typename List>
void append_lines(std::string& out, const List& list) {
  std::string_view separator = "\n";
  for (const auto& each : list) {
    out += separator;
    out += to_json_value(each).dump();
    separator = ",\n";
  }
  if (!list.empty()) out += '\n';
}

}  // namespace

Outcome outcome_of(FaultKind kind) {
  if (kind <= FaultKind::key_conflict || kind == FaultKind::utf16) return Outcome::rejected;
  return kind == FaultKind::duplicate ? Outcome::duplicate : Outcome::loaded;
}

void Truth::add(FileReport&& report) {
  summary_.files += report.files;
  summary_.bytes += report.bytes;
  const std::size_t room = kFaultyListedMax - faulty_.size();
  const auto count = static_cast<std::ptrdiff_t>(std::min(room, report.faulty.size()));
  std::move(report.faulty.begin(), report.faulty.begin() + count, std::back_inserter(faulty_));
  std::move(report.faulty_files.begin(), report.faulty_files.end(),
            std::back_inserter(faulty_files_));
}

void Truth::add_event(const Event& event) {
  ++summary_.events;
  if (event.is_play()) ++summary_.plays;
}

std::string Truth::to_json(const GenerateOptions& options) const {
  Json faults = Json::object();
  for (const auto& [kind, number] : summary_.faults) faults[std::string(to_string(kind))] = number;
  const Json written{{"files", summary_.files},
                     {"bytes", summary_.bytes},
                     {"log_records", summary_.events},
                     {"song_records", summary_.songs}};
  // Written by hand around the lists: a document of a million records would not be small.
  std::string out = "{\n\"options\": " + to_json_value(options).dump();
  out += ",\n\"written\": " + written.dump();
  out += ",\n\"expected\": " + to_json_value(expected_.back()).dump();
  out += ",\n\"deliveries\": [";
  append_lines(out, expected_);
  out += "],\n\"faults\": " + faults.dump();
  out += ",\n\"faulty_files\": [";
  append_lines(out, faulty_files_);
  out += "],\n\"faulty_records\": [";
  append_lines(out, faulty_);
  return out + "]\n}\n";
}

}  // namespace sparkify
