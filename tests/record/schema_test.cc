#include "record/schema.h"

#include <gtest/gtest.h>

#include <string>

namespace sparkify {
namespace {

std::string names_of(const TableSchema& schema) {
  std::string names;
  for (const ColumnSchema& column : schema.columns) {
    names += (names.empty() ? "" : ", ") + std::string(column.name);
  }
  return names;
}

TEST(Schema, StagedEventsHaveTheColumnsOfTheContractInItsOrder) {
  EXPECT_EQ(names_of(staging_events_schema()),
            "artist, auth, first_name, gender, item_in_session, last_name, length, level, "
            "location, method, page, registration, session_id, song, status, ts, user_agent, "
            "user_id, object_no, record_no");
  EXPECT_EQ(json_column_count(DataKind::logs), 18U);
}

TEST(Schema, StagedSongsHaveTheColumnsOfTheContractInItsOrder) {
  EXPECT_EQ(names_of(staging_songs_schema()),
            "num_songs, artist_id, artist_latitude, artist_longitude, artist_location, "
            "artist_name, song_id, title, duration, year, object_no, record_no");
  EXPECT_EQ(json_column_count(DataKind::songs), 10U);
}

TEST(Schema, RejectsHaveTheColumnsOfTheContractFirst) {
  EXPECT_TRUE(names_of(rejects_schema())
                  .starts_with("run_id, uri, line, byte_offset, column_name, reason, raw_text"));
}

TEST(Schema, TheNamedPositionsAreThoseOfTheirColumns) {
  EXPECT_EQ(staging_events_schema().columns[kUserId].name, "user_id");
  EXPECT_EQ(staging_events_schema().columns[kTs].type, ColumnType::timestamp);
  EXPECT_EQ(staging_events_schema().columns[kRegistration].json_key, "registration");
  EXPECT_EQ(staging_songs_schema().columns[kYear].name, "year");
  EXPECT_EQ(staging_songs_schema().columns[kDuration].type, ColumnType::decimal5);
}

}  // namespace
}  // namespace sparkify
