#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/result.h"
#include "decode/object_decoder.h"
#include "fakes/memory_stream.h"
#include "record/drift.h"
#include "record/reject.h"
#include "record/schema.h"

/// What the tests of src/decode share: good records, and decoding a whole object in one call.
namespace sparkify::decoding {

/// The JSON keys of a record and the JSON text of their values, in the order of the record.
using Fields = std::vector<std::pair<std::string, std::string>>;

inline std::string object_of(const Fields& fields) {
  std::string text = "{";
  for (const auto& [key, value] : fields) {
    if (text.size() > 1) text += ",";
    text += "\"" + key + "\":" + value;
  }
  return text + "}";
}

/// `changes` replace values; an empty one takes the key away; new keys go to the end.
inline std::string changed(Fields fields, const Fields& changes) {
  for (const auto& change : changes) {
    const auto same_key = [&change](const auto& field) { return field.first == change.first; };
    const auto found = std::find_if(fields.begin(), fields.end(), same_key);
    if (change.second.empty()) {
      fields.erase(std::remove_if(fields.begin(), fields.end(), same_key), fields.end());
    } else if (found == fields.end()) {
      fields.push_back(change);
    } else {
      found->second = change.second;
    }
  }
  return object_of(fields);
}

/// A song play that the contract accepts, all keys given.
inline std::string play(const Fields& changes = {}) {
  return changed({{"artist", R"("Mynt")"},
                  {"auth", R"("Logged In")"},
                  {"firstName", R"("Celeste")"},
                  {"gender", R"("F")"},
                  {"itemInSession", "2"},
                  {"lastName", R"("Williams")"},
                  {"length", "166.94812"},
                  {"level", R"("free")"},
                  {"location", R"("Klamath Falls, OR")"},
                  {"method", R"("PUT")"},
                  {"page", R"("NextSong")"},
                  {"registration", "1541077528796.0"},
                  {"sessionId", "438"},
                  {"song", R"("Playa Haters")"},
                  {"status", "200"},
                  {"ts", "1541990217796"},
                  {"userAgent", R"("Mozilla/5.0")"},
                  {"userId", R"("53")"}},
                 changes);
}

/// An event that is no play, with no more than it needs.
inline std::string visit(const Fields& changes = {}) {
  return changed({{"page", R"("Home")"}, {"ts", "1"}, {"sessionId", "1"}, {"itemInSession", "0"}},
                 changes);
}

/// A song that the contract accepts, all keys given.
inline std::string song(const Fields& changes = {}) {
  return changed({{"num_songs", "1"},
                  {"artist_id", R"("ARD7TVE1187B99BFB1")"},
                  {"artist_latitude", "35.14968"},
                  {"artist_longitude", "-90.04892"},
                  {"artist_location", R"("Memphis, TN")"},
                  {"artist_name", R"("Casual")"},
                  {"song_id", R"("SOMZWCG12A8C13C480")"},
                  {"title", R"("I Didn't Mean To")"},
                  {"duration", "218.93179"},
                  {"year", "0"}},
                 changes);
}

/// A row, by column; NULLs are not in it. Decimals and times are the integers of record/batch.h.
using NamedRow = std::map<std::string, std::string, std::less<>>;

/// What came of an object; rows and rejects in the order of the object.
struct Decoded {
  std::vector<NamedRow> rows;
  std::vector<Reject> rejects;
  DriftCounts drift;
  std::int64_t records = 0;
};

struct How {
  std::size_t block_bytes = std::size_t{1} << 20;
  std::size_t threads = 1;
  std::size_t size_hint_bytes = 0;
  std::size_t record_bytes_max = std::size_t{128} << 20;
};

inline std::optional<std::string> cell_text(const Column& column, ColumnType type,
                                            std::size_t row) {
  if (column.valid[row] == 0) return std::nullopt;
  if (type == ColumnType::text) return std::string(column.texts[row]);
  if (type == ColumnType::float64) return fmt::format("{}", column.doubles[row]);
  return std::to_string(column.integers[row]);
}

inline void add_rows(const Batch& batch, std::vector<NamedRow>& rows) {
  for (std::size_t row = 0; row < batch.row_count(); ++row) {
    NamedRow named;
    for (std::size_t i = 0; i < batch.schema()->columns.size(); ++i) {
      const ColumnSchema& column = batch.schema()->columns[i];
      if (const auto text = cell_text(batch.column(i), column.type, row)) {
        named.emplace(column.name, *text);
      }
    }
    rows.push_back(std::move(named));
  }
}

/// What one thread took of an object.
struct Share {
  std::vector<NamedRow> rows;
  std::vector<Reject> rejects;
  DriftCounts drift;
  std::optional<Error> error;
};

inline void take_share(ObjectDecoder& object, DataKind kind, Share& share) {
  BlockDecoder decoder(kind);
  Batch batch(staging_schema(kind));
  while (true) {
    const auto more = object.decode_next(decoder, {batch, share.rejects, share.drift});
    if (!more.ok()) share.error = more.error();
    if (!more.ok() || !*more) break;
    // A batch holds the rows of one block, or of a few.
    if (batch.row_count() < 3) continue;
    add_rows(batch, share.rows);
    batch.clear();
  }
  add_rows(batch, share.rows);
}

inline std::int64_t record_no(const NamedRow& row) { return std::stoll(row.at("record_no")); }

inline Decoded united(std::vector<Share>& shares) {
  Decoded all;
  for (Share& share : shares) {
    all.rows.insert(all.rows.end(), share.rows.begin(), share.rows.end());
    all.rejects.insert(all.rejects.end(), share.rejects.begin(), share.rejects.end());
    all.drift.merge(share.drift);
  }
  std::sort(all.rows.begin(), all.rows.end(),
            [](const NamedRow& a, const NamedRow& b) { return record_no(a) < record_no(b); });
  std::sort(all.rejects.begin(), all.rejects.end(),
            [](const Reject& a, const Reject& b) { return a.record_no < b.record_no; });
  return all;
}

inline constexpr std::int32_t kObjectNo = 7;

inline Result<Decoded> decode(DataKind kind, std::unique_ptr<ByteStream> text,
                              const How& how = {}) {
  ObjectDecoder object(kind, "file:///logs/a.json", kObjectNo, std::move(text), how.size_hint_bytes,
                       {how.block_bytes, how.record_bytes_max});
  std::vector<Share> shares(how.threads);
  {
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < how.threads; ++i) {
      helpers.emplace_back([&, i] { take_share(object, kind, shares[i]); });
    }
    take_share(object, kind, shares[0]);
  }
  for (const Share& share : shares) {
    if (share.error) return *share.error;
  }
  Decoded decoded = united(shares);
  decoded.records = object.record_count();
  return decoded;
}

inline Decoded decode_text(DataKind kind, std::string_view text, const How& how = {}) {
  return *decode(kind, std::make_unique<MemoryStream>(std::string(text)), how);
}
inline Decoded decode_logs(std::string_view text) { return decode_text(DataKind::logs, text); }
inline Decoded decode_songs(std::string_view text) { return decode_text(DataKind::songs, text); }

/// The rows' cells of one column.
inline std::vector<std::string> cells(const Decoded& decoded, std::string_view column) {
  std::vector<std::string> found;
  for (const NamedRow& row : decoded.rows) {
    const auto cell = row.find(column);
    found.push_back(cell == row.end() ? "NULL" : cell->second);
  }
  return found;
}

/// `#record line:offset reason [column] <raw text>`
inline std::string shown(const Reject& reject) {
  return fmt::format("#{} {}:{} {} [{}] <{}>", reject.record_no, reject.line, reject.byte_offset,
                     to_string(reject.reason), reject.column_name, reject.raw_text);
}

inline std::vector<std::string> shown(const std::vector<Reject>& rejects) {
  std::vector<std::string> lines;
  for (const Reject& reject : rejects) lines.push_back(shown(reject));
  return lines;
}

/// All of it as text, for comparing.
inline std::string shown(const Decoded& decoded, DataKind kind) {
  std::string text = fmt::format("{} records\n", decoded.records);
  for (const NamedRow& row : decoded.rows) {
    for (const auto& [column, cell] : row) text += fmt::format("{}={}|", column, cell);
    text += "\n";
  }
  for (const Reject& reject : decoded.rejects) text += shown(reject) + "\n";
  text += fmt::format("drift of {}:", decoded.drift.records());
  for (std::size_t i = 0; i < json_column_count(kind); ++i) {
    text += fmt::format(" {}", decoded.drift.known(i));
  }
  for (const auto& [key, count] : decoded.drift.unknown())
    text += fmt::format(" {}:{}", key, count);
  return text + fmt::format(" others {}\n", decoded.drift.other_keys());
}

/// What became of one record: its cell in `column` ("NULL" if there is none), or
/// `reason column` of its reject.
inline std::string fate(const Decoded& decoded, std::string_view column) {
  if (decoded.rejects.size() == 1 && decoded.rows.empty()) {
    const Reject& reject = decoded.rejects.front();
    return fmt::format("{} {}", to_string(reject.reason), reject.column_name);
  }
  return decoded.rows.size() == 1 ? cells(decoded, column).front() : "not one record";
}

inline std::string column_of(DataKind kind, std::string_view json_key) {
  for (const ColumnSchema& column : staging_schema(kind).columns) {
    if (column.json_key == json_key) return std::string(column.name);
  }
  return "no such key";
}

/// What becomes of a value in an otherwise good play, or song.
inline std::string in_play(const std::string& key, const std::string& json) {
  return fate(decode_logs(play({{key, json}})), column_of(DataKind::logs, key));
}
inline std::string in_song(const std::string& key, const std::string& json) {
  return fate(decode_songs(song({{key, json}})), column_of(DataKind::songs, key));
}

inline std::string in_quotes(std::string_view text) { return "\"" + std::string(text) + "\""; }

/// `text`, `count` times.
inline std::string repeated(std::string_view text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

}  // namespace sparkify::decoding
