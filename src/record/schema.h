#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace sparkify {

/// The types a staged column can have. How a batch holds each is said in record/batch.h.
enum class ColumnType {
  int32,
  int64,
  float64,    ///< finite, never NaN
  decimal5,   ///< DECIMAL(12,5)
  timestamp,  ///< UTC, whole milliseconds in the warehouse
  text,
};

struct ColumnSchema {
  std::string_view name;  ///< snake_case, as in the warehouse
  ColumnType type;
  /// Text only: the most bytes of UTF-8 that the column takes (the contract's limits).
  std::size_t bytes_max = 0;
  /// The key of the JSON object that fills the column; empty for columns of our own.
  std::string_view json_key = {};
};

/// A table that rows are staged into: its name and columns, in the warehouse's order.
struct TableSchema {
  std::string_view name;
  std::vector<ColumnSchema> columns;
};

/// Which of the two kinds of input an object holds.
enum class DataKind { songs, logs };

/// "song" or "log": the word for `kind` in tables and messages.
std::string_view to_string(DataKind kind);

/// The group's own tables: named loading_*, with the columns of the contract's staging_* tables.
///
/// Columns 0..17 are the log's keys in staging order, then object_no and record_no.
/// Source: data contract, sections 1 and 2.
const TableSchema& staging_events_schema();

/// Columns 0..9 are the song's keys in staging order, then object_no and record_no.
const TableSchema& staging_songs_schema();

const TableSchema& staging_schema(DataKind kind);

/// How many columns of staging_schema(kind) come from JSON keys; they are the first ones.
std::size_t json_column_count(DataKind kind);

/// One row for each object of a group; see load/ledger.h.
const TableSchema& staging_objects_schema();

/// The star's tables that a group's plays go to, each with its columns in the warehouse's order.
const TableSchema& songplays_schema();
const TableSchema& unmatched_songplays_schema();
const TableSchema& time_schema();

/// The columns of etl_rejects.
const TableSchema& rejects_schema();

/// The columns of etl_drift.
const TableSchema& drift_schema();

/// Positions in staging_events, for code that needs to know a column.
enum EventColumn : std::size_t {
  kArtist,
  kAuth,
  kFirstName,
  kGender,
  kItemInSession,
  kLastName,
  kLength,
  kLevel,
  kLocation,
  kMethod,
  kPage,
  kRegistration,
  kSessionId,
  kSong,
  kStatus,
  kTs,
  kUserAgent,
  kUserId,
  kEventColumnCount,
};

/// Positions in staging_songs.
enum SongColumn : std::size_t {
  kNumSongs,
  kArtistId,
  kArtistLatitude,
  kArtistLongitude,
  kArtistLocation,
  kArtistName,
  kSongId,
  kTitle,
  kDuration,
  kYear,
  kSongColumnCount,
};

}  // namespace sparkify
