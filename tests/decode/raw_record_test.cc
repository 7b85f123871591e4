#include "decode/raw_record.h"

#include <gtest/gtest.h>

namespace sparkify {
namespace {

TEST(KeyIndex, FindsEveryKeyWhateverTheGuess) {
  for (const DataKind kind : {DataKind::logs, DataKind::songs}) {
    const KeyIndex keys(kind);
    for (std::size_t column = 0; column < json_column_count(kind); ++column) {
      for (const std::size_t guess : {std::size_t{0}, column, column + 1, std::size_t{99}}) {
        EXPECT_EQ(keys.find(staging_schema(kind).columns[column].json_key, guess), column);
      }
    }
  }
}

TEST(KeyIndex, DoesNotKnowOtherKeysNorTheColumnsOfOurOwn) {
  const KeyIndex keys(DataKind::logs);
  for (const std::string_view key : {"", "Page", "page ", "session_id", "object_no", "title"}) {
    EXPECT_EQ(keys.find(key, 0), KeyIndex::kUnknown) << key;
  }
}

TEST(RawRecord, IsEmptyAfterClear) {
  RawRecord record;
  record.values[kTs].kind = RawKind::number;
  record.unknown_keys.push_back({"x", false});
  record.lone_surrogates.set(kPage);
  record.lone_surrogate_elsewhere = true;
  record.clear();
  EXPECT_EQ(record.values[kTs].kind, RawKind::absent);
  EXPECT_TRUE(record.unknown_keys.empty());
  EXPECT_FALSE(record.has_lone_surrogate());
}

}  // namespace
}  // namespace sparkify
