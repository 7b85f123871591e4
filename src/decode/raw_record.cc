#include "decode/raw_record.h"

namespace sparkify {

KeyIndex::KeyIndex(DataKind kind) {
  const TableSchema& schema = staging_schema(kind);
  for (std::size_t i = 0; i < json_column_count(kind); ++i) {
    keys_.push_back(schema.columns[i].json_key);
    quoted_.push_back('"' + std::string(keys_.back()) + '"');
  }
}

std::size_t KeyIndex::find(std::string_view key, std::size_t guess) const {
  if (guess < keys_.size() && keys_[guess] == key) return guess;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (keys_[i] == key) return i;
  }
  return kUnknown;
}

}  // namespace sparkify
