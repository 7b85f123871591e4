#include "record/batch.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sparkify {
namespace {

const TableSchema& every_type() {
  static const TableSchema schema{"every_type",
                                  {{"a", ColumnType::int32},
                                   {"b", ColumnType::int64},
                                   {"c", ColumnType::float64},
                                   {"d", ColumnType::decimal5},
                                   {"e", ColumnType::timestamp},
                                   {"f", ColumnType::text, 64}}};
  return schema;
}

void add_row(Batch& batch, std::int64_t number) {
  for (const std::size_t column : {0, 1, 3, 4}) batch.add_integer(column, number);
  batch.add_double(2, static_cast<double>(number) / 2);
  batch.add_text_copy(5, std::to_string(number));
  batch.end_row();
}

void add_null_row(Batch& batch) {
  for (std::size_t column = 0; column < 6; ++column) batch.add_null(column);
  batch.end_row();
}

TEST(TextArena, WhatItHandedOutStaysWhereItIs) {
  TextArena arena;
  std::vector<std::string> texts;
  std::vector<std::string_view> copies;
  for (std::size_t i = 0; i < 5000; ++i) {
    texts.emplace_back(i % 300, static_cast<char>('a' + i % 26));
    copies.push_back(arena.copy(texts.back()));
  }
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(copies[i], texts[i]);
}

TEST(TextArena, TakesATextLongerThanItsBlocks) {
  TextArena arena;
  const std::string_view before = arena.copy("before");
  const std::string text(1 << 20, 'x');
  EXPECT_EQ(arena.copy(text), text);
  EXPECT_EQ(arena.copy("behind"), "behind");
  EXPECT_EQ(before, "before");
}

TEST(TextArena, WhatIsReservedAndNotKeptIsGivenOutAgain) {
  TextArena arena;
  char* const first = arena.reserve(100);
  EXPECT_EQ(arena.reserve(50), first);
  arena.keep(10);
  EXPECT_EQ(arena.reserve(50), first + 10);
}

TEST(TextArena, CanBeUsedAgainAfterClear) {
  TextArena arena;
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(arena.copy(std::string(300'000, 'y')).size(), 300'000U);
    EXPECT_EQ(arena.copy("z"), "z");
    arena.clear();
  }
  EXPECT_EQ(arena.copy(""), "");
}

TEST(Batch, HoldsEveryTypeAndNullsBesideTheValues) {
  Batch batch(every_type());
  add_row(batch, 42);
  add_null_row(batch);
  add_row(batch, -1);
  ASSERT_EQ(batch.row_count(), 3U);
  EXPECT_EQ(batch.column(3).integers, (std::vector<std::int64_t>{42, 0, -1}));
  EXPECT_EQ(batch.column(2).doubles, (std::vector<double>{21, 0, -0.5}));
  EXPECT_EQ(batch.column(5).texts[2], "-1");
  for (std::size_t column = 0; column < 6; ++column) {
    EXPECT_EQ(batch.column(column).valid, (std::vector<std::uint8_t>{1, 0, 1}));
  }
}

TEST(Batch, DropLastTakesTheLastRowsOfEveryColumn) {
  Batch batch(every_type());
  for (const std::int64_t number : {1, 2, 3}) add_row(batch, number);
  add_null_row(batch);
  batch.drop_last(0);
  EXPECT_EQ(batch.row_count(), 4U);
  batch.drop_last(2);
  add_row(batch, 9);
  ASSERT_EQ(batch.row_count(), 3U);
  EXPECT_EQ(batch.column(0).integers, (std::vector<std::int64_t>{1, 2, 9}));
  EXPECT_EQ(batch.column(5).texts, (std::vector<std::string_view>{"1", "2", "9"}));
  EXPECT_EQ(batch.column(2).doubles, (std::vector<double>{0.5, 1, 4.5}));
  batch.drop_last(3);
  EXPECT_EQ(batch.row_count(), 0U);
}

TEST(Batch, ClearForgetsTheRowsAndLetsGoOfTheirMemory) {
  Batch batch(every_type());
  const auto memory = std::make_shared<const std::string>("held");
  batch.keep_alive(memory, memory->size());
  add_row(batch, 1);
  EXPECT_EQ(memory.use_count(), 2);
  batch.clear();
  EXPECT_EQ(memory.use_count(), 1);
  EXPECT_EQ(batch.row_count(), 0U);
  add_row(batch, 5);
  EXPECT_EQ(batch.column(1).integers, (std::vector<std::int64_t>{5}));
}

TEST(Batch, IsFullOfRowsOrOfTheTextItHolds) {
  Batch batch(every_type());
  for (std::size_t row = 0; row < Batch::kRowsMax; ++row) {
    EXPECT_FALSE(batch.is_full());
    add_null_row(batch);
  }
  EXPECT_TRUE(batch.is_full());
  batch.clear();
  EXPECT_FALSE(batch.is_full());
  batch.keep_alive(nullptr, Batch::kHeldBytesMax / 2);
  EXPECT_FALSE(batch.is_full());
  batch.arena().copy(std::string(Batch::kHeldBytesMax / 2, 'x'));
  EXPECT_TRUE(batch.is_full());
  batch.clear();
  EXPECT_FALSE(batch.is_full());
  EXPECT_EQ(batch.held_bytes(), 0U);
}

TEST(Batch, ItsTextsStayWhenItIsMoved) {
  Batch batch(every_type());
  add_row(batch, 12345);
  const Batch moved = std::move(batch);
  EXPECT_EQ(moved.column(5).texts[0], "12345");
  EXPECT_EQ(moved.schema()->name, "every_type");
}

TEST(MemoryBatchSource, GivesItsRowsOnce) {
  Batch rows(every_type());
  add_row(rows, 1);
  add_row(rows, 2);
  MemoryBatchSource source(std::move(rows));
  EXPECT_EQ(source.schema().name, "every_type");
  Batch batch(every_type());
  EXPECT_TRUE(*source.next(batch));
  EXPECT_EQ(batch.row_count(), 2U);
  EXPECT_FALSE(*source.next(batch));
}

TEST(MemoryBatchSource, WithoutRowsItIsAtItsEnd) {
  MemoryBatchSource source{Batch(every_type())};
  Batch batch(every_type());
  EXPECT_FALSE(*source.next(batch));
}

}  // namespace
}  // namespace sparkify
