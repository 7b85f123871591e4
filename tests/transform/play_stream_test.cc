#include "transform/play_stream.h"

#include <gtest/gtest.h>

#include <optional>

namespace sparkify {
namespace {

struct Event {
  std::int64_t session = 1;
  std::int64_t item = 0;
  std::int64_t ts = 0;
  std::optional<std::int64_t> user = 7;
  const char* page = "NextSong";
  const char* level = "free";
  const char* song = "Tide";
  std::int64_t object_no = 1;
  std::int64_t record_no = 1;
};

void add(Batch& batch, const Event& event) {
  for (std::size_t column = 0; column < batch.schema()->columns.size(); ++column) {
    switch (column) {
      case kItemInSession:
        batch.add_integer(column, event.item);
        break;
      case kSessionId:
        batch.add_integer(column, event.session);
        break;
      case kTs:
        batch.add_integer(column, event.ts);
        break;
      case kPage:
        batch.add_text_copy(column, event.page);
        break;
      case kLevel:
        batch.add_text_copy(column, event.level);
        break;
      case kSong:
        batch.add_text_copy(column, event.song);
        break;
      case kArtist:
        batch.add_text_copy(column, "The Weirs");
        break;
      case kLength:
        batch.add_integer(column, 20050000);
        break;
      case kEventColumnCount:
        batch.add_integer(column, event.object_no);
        break;
      case kEventColumnCount + 1:
        batch.add_integer(column, event.record_no);
        break;
      case kUserId:
        if (event.user) {
          batch.add_integer(column, *event.user);
        } else {
          batch.add_null(column);
        }
        break;
      default:
        batch.add_null(column);
    }
  }
  batch.end_row();
}

struct PlayStreamTest : ::testing::Test {
  /// All rows of songplays, of batches of one event each.
  std::vector<Batch> run(const std::vector<Event>& given) {
    std::list<Batch> batches;
    for (const Event& event : given) add(batches.emplace_back(staging_events_schema()), event);
    events.emplace(staging_events_schema(), std::move(batches));
    stream.emplace(*events, songs);
    std::vector<Batch> rows;
    Batch batch(songplays_schema());
    while (*stream->next(batch)) {
      rows.push_back(std::move(batch));
      batch = Batch(songplays_schema());
    }
    return rows;
  }

  SongIndex songs;
  std::optional<BatchList> events;
  std::optional<PlayStream> stream;
};

TEST_F(PlayStreamTest, APlayIsMatchedOrKeepsItsText) {
  songs.add({"Tide", "The Weirs", 20050000}, {"SO1", "AR1"});
  const auto rows = run({{.session = 3, .item = 2, .ts = 5}, {.session = 4, .song = "Ebb"}});
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].column(0).integers.at(0), 3 * 1048576 + 2);
  EXPECT_EQ(rows[0].column(1).integers.at(0), 5);
  EXPECT_EQ(rows[0].column(4).texts.at(0), "SO1");
  EXPECT_EQ(rows[0].column(5).texts.at(0), "AR1");
  EXPECT_EQ(rows[1].column(4).valid.at(0), 0);
  const auto unmatched = stream->take_unmatched();
  ASSERT_EQ(unmatched.size(), 1U);
  ASSERT_EQ(unmatched.front().row_count(), 1U);
  EXPECT_EQ(unmatched.front().column(0).integers.at(0), 4 * 1048576);
  EXPECT_EQ(unmatched.front().column(1).texts.at(0), "Ebb");
}

TEST_F(PlayStreamTest, OtherPagesAreNoPlaysButTellOfUsersAndAreCounted) {
  EXPECT_EQ(run({{.page = "Home", .object_no = 4}, {.user = std::nullopt, .page = "Help"}}).size(),
            0U);
  EXPECT_EQ(stream->play_count(), 0);
  EXPECT_EQ(stream->take_users().row_count(), 1U);
  const std::map<std::int32_t, std::int64_t> expected{{1, 1}, {4, 1}};
  EXPECT_EQ(stream->event_counts(), expected);
}

TEST_F(PlayStreamTest, IdsAreAllThereTimesOnceBothSorted) {
  run({{.session = 2, .ts = 9}, {.session = 1, .ts = 9}, {.session = 2, .ts = 8}});
  EXPECT_EQ(stream->take_play_ids(),
            (std::vector<std::int64_t>{1048576, 2 * 1048576, 2 * 1048576}));
  EXPECT_EQ(stream->take_start_times(), (std::vector<std::int64_t>{8, 9}));
}

TEST_F(PlayStreamTest, AUsersLatestEventTellsAtATieTheFirstApplied) {
  const auto told = [&](const std::vector<Event>& given) {
    run(given);
    const Batch users = stream->take_users();
    EXPECT_EQ(users.row_count(), 1U);
    return std::string(users.column(kLevel).texts.at(0));
  };
  EXPECT_EQ(told({{.ts = 2, .level = "b"}, {.ts = 1, .level = "a"}}), "b");
  EXPECT_EQ(told({{.item = 1, .level = "a"}, {.item = 2, .level = "b"}}), "b");
  EXPECT_EQ(told({{.level = "a", .object_no = 2}, {.level = "b", .object_no = 1}}), "b");
  EXPECT_EQ(told({{.level = "a", .record_no = 1}, {.level = "b", .record_no = 2}}), "a");
}

}  // namespace
}  // namespace sparkify
