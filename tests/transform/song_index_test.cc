#include "transform/song_index.h"

#include <gtest/gtest.h>

#include <string>

#include "fakes/fake_warehouse.h"

namespace sparkify {
namespace {

Row song(const char* title, const char* artist, const char* duration, const char* id) {
  Row row;
  for (const char* text : {title, artist, duration, id, "AR1"}) row.push_back({false, text});
  return row;
}

struct SongIndexTest : ::testing::Test {
  Result<bool> fill(std::vector<Row> rows, std::size_t songs_max = 100) {
    warehouse.on_read = [rows](std::string_view /*sql*/, RowVisitor& visitor) -> Status {
      TRY(visitor.begin({}));
      for (const Row& row : rows) TRY(visitor.row(row));
      return {};
    };
    return index.fill(warehouse, *SqlLibrary::open("duckdb"), songs_max);
  }

  FakeWarehouse warehouse;
  SongIndex index;
};

TEST_F(SongIndexTest, TitleArtistAndDurationMustAllBeEqual) {
  ASSERT_TRUE(*fill({song("Tide", "The Weirs", "200.50000", "SO1")}));
  ASSERT_NE(index.find({"Tide", "The Weirs", 20050000}), nullptr);
  EXPECT_EQ(index.find({"Tide", "The Weirs", 20050000})->song_id, "SO1");
  EXPECT_EQ(index.find({"Tide", "The Weirs", 20050000})->artist_id, "AR1");
  EXPECT_EQ(index.find({"tide", "The Weirs", 20050000}), nullptr);
  EXPECT_EQ(index.find({"Tide ", "The Weirs", 20050000}), nullptr);
  EXPECT_EQ(index.find({"Tide", "The Weirs", 20050001}), nullptr);
  EXPECT_EQ(index.find({"TideThe", " Weirs", 20050000}), nullptr);
}

TEST_F(SongIndexTest, OfSeveralTheSmallestIdByBytesIsFound) {
  ASSERT_TRUE(*fill({song("Tide", "W", "1.00000", "SOb"), song("Tide", "W", "1.00000", "SOB"),
                     song("Tide", "W", "1.00000", "SO\xc3\xa9")}));
  EXPECT_EQ(index.find({"Tide", "W", 100000})->song_id, "SOB");
}

TEST_F(SongIndexTest, OfManySongsEachIsFoundAndNoOther) {
  constexpr int kCount = 5'000;  // the table grows several times
  for (int i = 0; i < kCount; ++i) {
    const std::string title = "Tide " + std::to_string(i / 2);  // two of a title
    const std::string id = "SO" + std::to_string(i);
    index.add({title, "W", i}, {id, "AR"});
  }
  for (int i = 0; i < kCount; ++i) {
    const std::string title = "Tide " + std::to_string(i / 2);
    ASSERT_NE(index.find({title, "W", i}), nullptr) << i;
    EXPECT_EQ(index.find({title, "W", i})->song_id, "SO" + std::to_string(i));
    EXPECT_EQ(index.find({title, "W", i + kCount}), nullptr);
    EXPECT_EQ(index.find({title, "V", i}), nullptr);
  }
}

TEST_F(SongIndexTest, TooManyAreNotKept) {
  EXPECT_FALSE(*fill({song("A", "W", "1.00000", "SO1"), song("B", "W", "1.00000", "SO2")}, 1));
  EXPECT_EQ(index.find({"A", "W", 100000}), nullptr);
}

TEST_F(SongIndexTest, ADurationThatIsNoDecimalIsNoticed) {
  EXPECT_EQ(fill({song("A", "W", "x", "SO1")}).error().kind, ErrorKind::internal);
}

}  // namespace
}  // namespace sparkify
