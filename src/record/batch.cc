#include "record/batch.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace sparkify {

namespace {
constexpr std::size_t kArenaBlockBytes = 256 * 1024;
}

char* TextArena::reserve(std::size_t bytes) {
  if (blocks_.empty() || capacity_ - used_ < bytes) {
    capacity_ = std::max(bytes, kArenaBlockBytes);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(capacity_));
    held_bytes_ += capacity_;
    used_ = 0;
  }
  return blocks_.back().get() + used_;
}

std::string_view TextArena::copy(std::string_view text) {
  if (text.empty()) return {};
  char* to = reserve(text.size());
  std::memcpy(to, text.data(), text.size());
  keep(text.size());
  return {to, text.size()};
}

void TextArena::clear() {
  // The last block is kept for the next use, unless one long text made it huge.
  if (!blocks_.empty() && capacity_ == kArenaBlockBytes) {
    blocks_.erase(blocks_.begin(), blocks_.end() - 1);
  } else {
    blocks_.clear();
    capacity_ = 0;
  }
  held_bytes_ = capacity_;
  used_ = 0;
}

Batch::Batch(const TableSchema& schema) : schema_(&schema), columns_(schema.columns.size()) {}

void Batch::add_text_copy(std::size_t column, std::string_view text) {
  add_text(column, arena_->copy(text));
}

void Batch::drop_last(std::size_t count) {
  SPARKIFY_ASSERT(count <= row_count_);
  row_count_ -= count;
  for (Column& column : columns_) {
    column.integers.resize(std::min(column.integers.size(), row_count_));
    column.doubles.resize(std::min(column.doubles.size(), row_count_));
    column.texts.resize(std::min(column.texts.size(), row_count_));
    column.valid.resize(row_count_);
  }
}

void Batch::clear() {
  row_count_ = 0;
  for (Column& column : columns_) {
    column.integers.clear();
    column.doubles.clear();
    column.texts.clear();
    column.valid.clear();
  }
  arena_->clear();
  owners_.clear();
  kept_bytes_ = 0;
}

Result<bool> MemoryBatchSource::next(Batch& batch) {
  // Small tables only (objects and rejects of a group); one thread gets all of it.
  const std::lock_guard lock(mutex_);
  if (done_) return false;
  done_ = true;
  std::swap(batch, batch_);
  return batch.row_count() > 0;
}

}  // namespace sparkify
