#include "warehouse/redshift/source_reading.h"

#include <fmt/format.h>

#include <array>
#include <map>

#include "base/utf8.h"

namespace sparkify::redshift {

namespace {

constexpr std::array<std::string_view, 2> kTextWords = {
    "numbers that are not written in plain digits", "texts that are too long or were no text"};
constexpr std::array<std::string_view, 3> kRuleWords = {
    "numbers out of their range", "records without a field they need",
    "records of which only the order in their source tells which one counts"};

/// The files of sql/source/redshift for a kind of input.
struct Steps {
  std::string_view table;
  std::string_view texts;
  std::string_view typed;
  std::string_view rules;
};

Steps steps_of(DataKind kind) {
  if (kind == DataKind::songs) {
    return {"source/redshift/songs_table", "source/redshift/song_texts",
            "source/redshift/type_songs", "source/redshift/song_rules"};
  }
  return {"source/redshift/events_table", "source/redshift/event_texts",
          "source/redshift/type_events", "source/redshift/event_rules"};
}

std::string_view unquoted(std::string_view etag) {
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    return etag.substr(1, etag.size() - 2);
  }
  return etag;
}

std::string manifest_name(std::string_view compression) {
  return fmt::format("manifest-{}.json", compression.empty() ? "plain" : compression);
}

constexpr std::string_view kJsonPathsName = "jsonpaths.json";

/// What the system view tells of one object.
struct LoadedFile {
  std::int64_t records = 0;
  std::string first_etag;
  std::string last_etag;
};

std::map<std::string, LoadedFile> loaded_files(const Rows& rows) {
  std::map<std::string, LoadedFile> files;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    files[rows.at(i, 0).text] = {rows.integer(i, 1), rows.at(i, 2).text, rows.at(i, 3).text};
  }
  return files;
}

/// Why the view's word on an object is not good enough; empty: it is.
std::string doubt_about(const ObjectInfo& object, const std::map<std::string, LoadedFile>& files) {
  const auto found = files.find(object.uri);
  if (found == files.end()) {
    return "sys_load_detail does not tell of " + printable(object.uri);
  }
  const auto is_listed = [&](const std::string& etag) {
    return unquoted(etag) == unquoted(object.etag);
  };
  if (is_listed(found->second.first_etag) && is_listed(found->second.last_etag)) return {};
  return printable(object.uri) + " is another version than the one that was listed";
}

}  // namespace

std::string SourceReading::name_of(std::string_view file) const {
  return fmt::format("{}/{}", folder_, file);
}

Status SourceReading::write(const std::vector<Document>& documents) {
  TRY_ASSIGN(const auto writer, control_.open());
  for (const Document& document : documents) {
    written_.push_back(document.name);
    TRY(writer->write(document.name, document.text));
  }
  return writer->finish();
}

Result<OwnReading> SourceReading::run(DataKind kind, std::span<const ObjectInfo> objects) {
  OwnReading reading;
  reading.records.assign(objects.size(), 0);
  const std::vector<CopyShare> shares = shares_of(objects);
  std::vector<Document> documents{{name_of(kJsonPathsName), json_paths_of(kind)}};
  for (const CopyShare& share : shares) {
    std::vector<std::string> urls;
    for (const std::size_t place : share.places) urls.push_back(objects[place].uri);
    documents.push_back({name_of(manifest_name(share.compression)), manifest_of(urls)});
  }
  TRY(write(documents));
  TRY(execute(sql_.get(steps_of(kind).table), reading));
  for (std::size_t i = 0; i < shares.size() && reading.oddity.empty(); ++i) {
    TRY(read_share(kind, objects, shares[i], reading));
  }
  TRY(type(kind, reading));
  return reading;
}

Status SourceReading::read_share(DataKind kind, std::span<const ObjectInfo> objects,
                                 const CopyShare& share, OwnReading& reading) {
  TRY_ASSIGN(const std::string sql,
             copy_of_sources(sql_, access_, kind, share.compression,
                             url_of(name_of(manifest_name(share.compression))),
                             url_of(name_of(kJsonPathsName))));
  const auto copied = copy_(sql);
  if (!copied.ok()) return take(copied.error(), reading);
  return count_records(objects, share, *copied, reading);
}

/// Each object as often as COPY took records of it, if its own accounts agree.
Status SourceReading::count_records(std::span<const ObjectInfo> objects, const CopyShare& share,
                                    std::int64_t copied, OwnReading& reading) {
  const auto rows = session_.query(sql_.get("source/redshift/loaded_files"));
  if (!rows.ok()) return take(rows.error(), reading);
  const auto files = loaded_files(*rows);
  std::int64_t sum = 0;
  for (const std::size_t place : share.places) {
    reading.oddity = doubt_about(objects[place], files);
    if (!reading.oddity.empty()) return {};
    reading.records[place] = files.at(objects[place].uri).records;
    sum += reading.records[place];
  }
  if (sum == copied && files.size() == share.places.size()) return {};
  reading.oddity =
      fmt::format("COPY took {} records of {} objects and sys_load_detail counts {} lines of {}",
                  copied, share.places.size(), sum, files.size());
  return {};
}

Status SourceReading::type(DataKind kind, OwnReading& reading) {
  const Steps steps = steps_of(kind);
  if (reading.oddity.empty()) TRY(judge(steps.texts, kTextWords, reading));
  if (reading.oddity.empty()) TRY(execute(sql_.get(steps.typed), reading));
  return reading.oddity.empty() ? judge(steps.rules, kRuleWords, reading) : Status();
}

/// `words`: what each column of the rules' one row counts.
Status SourceReading::judge(std::string_view rules, std::span<const std::string_view> words,
                            OwnReading& reading) {
  const auto rows = session_.query(sql_.get(rules));
  if (!rows.ok()) return take(rows.error(), reading);
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::int64_t count = rows->integer(0, i);
    if (count == 0) continue;
    reading.oddity += fmt::format("{}{}: {}", reading.oddity.empty() ? "" : ", ", words[i], count);
  }
  return {};
}

Status SourceReading::execute(std::string_view sql, OwnReading& reading) {
  const auto done = session_.execute(sql);
  return done.ok() ? Status() : take(done.error(), reading);
}

Status SourceReading::take(const Status& status, OwnReading& reading) const {
  if (status.ok()) return {};
  if (session_.is_lost() || status.error().kind != ErrorKind::database) return status;
  reading.oddity = status.error().message;
  return {};
}

Result<std::vector<std::string>> source_statements(const SqlLibrary& sql, const CopyAccess& access,
                                                   const std::string& place, DataKind kind,
                                                   std::span<const ObjectInfo> objects) {
  const std::string folder = fmt::format("{}/RUN/NUMBER-{}s/", place, to_string(kind));
  const Steps steps = steps_of(kind);
  std::vector<std::string> statements{std::string(sql.get(steps.table))};
  for (const CopyShare& share : shares_of(objects)) {
    TRY_ASSIGN(std::string copy, copy_of_sources(sql, access, kind, share.compression,
                                                 folder + manifest_name(share.compression),
                                                 folder + std::string(kJsonPathsName)));
    statements.push_back(std::move(copy));
    statements.emplace_back(sql.get("session/redshift/copied"));
    statements.emplace_back(sql.get("source/redshift/loaded_files"));
  }
  for (const std::string_view step : {steps.texts, steps.typed, steps.rules}) {
    statements.emplace_back(sql.get(step));
  }
  return statements;
}

}  // namespace sparkify::redshift
