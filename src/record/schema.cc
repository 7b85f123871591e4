#include "record/schema.h"

namespace sparkify {

namespace {

constexpr std::size_t kIdBytesMax = 64;
constexpr std::size_t kNameBytesMax = 1024;
constexpr std::size_t kUserAgentBytesMax = 2048;
constexpr std::size_t kUriBytesMax = 8192;
constexpr std::size_t kEtagBytesMax = 256;
constexpr std::size_t kRawTextBytesMax = 65535;

}  // namespace

std::string_view to_string(DataKind kind) { return kind == DataKind::songs ? "song" : "log"; }

const TableSchema& staging_events_schema() {
  static const TableSchema schema{
      "loading_events",
      {
          {"artist", ColumnType::text, kNameBytesMax, "artist"},
          {"auth", ColumnType::text, kIdBytesMax, "auth"},
          {"first_name", ColumnType::text, kNameBytesMax, "firstName"},
          {"gender", ColumnType::text, kIdBytesMax, "gender"},
          {"item_in_session", ColumnType::int32, 0, "itemInSession"},
          {"last_name", ColumnType::text, kNameBytesMax, "lastName"},
          {"length", ColumnType::decimal5, 0, "length"},
          {"level", ColumnType::text, kIdBytesMax, "level"},
          {"location", ColumnType::text, kNameBytesMax, "location"},
          {"method", ColumnType::text, kIdBytesMax, "method"},
          {"page", ColumnType::text, kIdBytesMax, "page"},
          {"registration", ColumnType::int64, 0, "registration"},
          {"session_id", ColumnType::int64, 0, "sessionId"},
          {"song", ColumnType::text, kNameBytesMax, "song"},
          {"status", ColumnType::int32, 0, "status"},
          {"ts", ColumnType::timestamp, 0, "ts"},
          {"user_agent", ColumnType::text, kUserAgentBytesMax, "userAgent"},
          {"user_id", ColumnType::int32, 0, "userId"},
          {"object_no", ColumnType::int32},
          {"record_no", ColumnType::int64},
      }};
  return schema;
}

const TableSchema& staging_songs_schema() {
  static const TableSchema schema{
      "loading_songs",
      {
          {"num_songs", ColumnType::int32, 0, "num_songs"},
          {"artist_id", ColumnType::text, kIdBytesMax, "artist_id"},
          {"artist_latitude", ColumnType::float64, 0, "artist_latitude"},
          {"artist_longitude", ColumnType::float64, 0, "artist_longitude"},
          {"artist_location", ColumnType::text, kNameBytesMax, "artist_location"},
          {"artist_name", ColumnType::text, kNameBytesMax, "artist_name"},
          {"song_id", ColumnType::text, kIdBytesMax, "song_id"},
          {"title", ColumnType::text, kNameBytesMax, "title"},
          {"duration", ColumnType::decimal5, 0, "duration"},
          {"year", ColumnType::int32, 0, "year"},
          {"object_no", ColumnType::int32},
          {"record_no", ColumnType::int64},
      }};
  return schema;
}

const TableSchema& staging_schema(DataKind kind) {
  return kind == DataKind::songs ? staging_songs_schema() : staging_events_schema();
}

std::size_t json_column_count(DataKind kind) {
  return kind == DataKind::songs ? std::size_t{kSongColumnCount} : std::size_t{kEventColumnCount};
}

const TableSchema& staging_objects_schema() {
  static const TableSchema schema{"loading_objects",
                                  {
                                      {"object_no", ColumnType::int32},
                                      {"kind", ColumnType::text, kIdBytesMax},
                                      {"uri", ColumnType::text, kUriBytesMax},
                                      {"etag", ColumnType::text, kEtagBytesMax},
                                      {"size_bytes", ColumnType::int64},
                                      {"records", ColumnType::int64},
                                      {"decode_rejects", ColumnType::int64},
                                      {"staged", ColumnType::int64},
                                  }};
  return schema;
}

const TableSchema& songplays_schema() {
  static const TableSchema schema{"songplays",
                                  {
                                      {"songplay_id", ColumnType::int64},
                                      {"start_time", ColumnType::timestamp},
                                      {"user_id", ColumnType::int32},
                                      {"level", ColumnType::text, kIdBytesMax},
                                      {"song_id", ColumnType::text, kIdBytesMax},
                                      {"artist_id", ColumnType::text, kIdBytesMax},
                                      {"session_id", ColumnType::int64},
                                      {"location", ColumnType::text, kNameBytesMax},
                                      {"user_agent", ColumnType::text, kUserAgentBytesMax},
                                  }};
  return schema;
}

const TableSchema& unmatched_songplays_schema() {
  static const TableSchema schema{"unmatched_songplays",
                                  {
                                      {"songplay_id", ColumnType::int64},
                                      {"song", ColumnType::text, kNameBytesMax},
                                      {"artist", ColumnType::text, kNameBytesMax},
                                      {"length", ColumnType::decimal5},
                                  }};
  return schema;
}

const TableSchema& time_schema() {
  static const TableSchema schema{"time",
                                  {
                                      {"start_time", ColumnType::timestamp},
                                      {"hour", ColumnType::int32},
                                      {"day", ColumnType::int32},
                                      {"week", ColumnType::int32},
                                      {"month", ColumnType::int32},
                                      {"year", ColumnType::int32},
                                      {"weekday", ColumnType::int32},
                                  }};
  return schema;
}

const TableSchema& drift_schema() {
  static const TableSchema schema{"etl_drift",
                                  {
                                      {"run_id", ColumnType::int64},
                                      {"kind", ColumnType::text, kIdBytesMax},
                                      {"key_name", ColumnType::text, kNameBytesMax},
                                      {"is_known", ColumnType::int32},
                                      {"records", ColumnType::int64},
                                  }};
  return schema;
}

const TableSchema& rejects_schema() {
  static const TableSchema schema{"etl_rejects",
                                  {
                                      {"run_id", ColumnType::int64},
                                      {"uri", ColumnType::text, kUriBytesMax},
                                      {"line", ColumnType::int64},
                                      {"byte_offset", ColumnType::int64},
                                      {"column_name", ColumnType::text, kIdBytesMax},
                                      {"reason", ColumnType::text, kIdBytesMax},
                                      {"raw_text", ColumnType::text, kRawTextBytesMax},
                                      {"record_no", ColumnType::int64},
                                  }};
  return schema;
}

}  // namespace sparkify
