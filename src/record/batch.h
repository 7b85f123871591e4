#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "record/schema.h"

namespace sparkify {

/// Memory for text whose bytes are not in the source as they are (escapes resolved). Grows in
/// blocks; what it handed out stays where it is until the arena goes.
class TextArena {
 public:
  /// At least `bytes` writable bytes; `keep` says how many of them were used in the end.
  char* reserve(std::size_t bytes);
  void keep(std::size_t bytes) { used_ += bytes; }
  std::string_view copy(std::string_view text);
  void clear();
  /// Of all its blocks.
  std::size_t held_bytes() const { return held_bytes_; }

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t held_bytes_ = 0;
  std::size_t capacity_ = 0;  ///< of the last block
  std::size_t used_ = 0;      ///< of the last block
};

/// One column of a batch. By type, the values are in
///   int32, int64   `integers`
///   decimal5       `integers`, times 100,000 (218.93179 is 21893179)
///   timestamp      `integers`, microseconds since 1970-01-01 UTC
///   float64        `doubles`
///   text           `texts`, valid UTF-8 without NUL
/// A row whose `valid` is 0 is NULL; its value is there but means nothing.
struct Column {
  std::vector<std::int64_t> integers;
  std::vector<double> doubles;
  std::vector<std::string_view> texts;
  std::vector<std::uint8_t> valid;
};

/// Rows of one table, column by column. Movable, owned by one thread at a time.
class Batch {
 public:
  /// Whoever fills a batch hands it over with this many rows, or when it holds this much text: rows
  /// may be few where records are long.
  static constexpr std::size_t kRowsMax = 2048;
  static constexpr std::size_t kHeldBytesMax = std::size_t{8} << 20;

  Batch() = default;
  explicit Batch(const TableSchema& schema);

  const TableSchema* schema() const { return schema_; }
  std::size_t row_count() const { return row_count_; }
  Column& column(std::size_t index) { return columns_[index]; }
  const Column& column(std::size_t index) const { return columns_[index]; }

  /// Each adds one value to one column. A row is complete when every column has its value;
  /// `end_row` says so.
  void add_null(std::size_t column) {
    Column& target = columns_[column];
    switch (schema_->columns[column].type) {
      case ColumnType::float64:
        target.doubles.push_back(0);
        break;
      case ColumnType::text:
        target.texts.emplace_back();
        break;
      default:
        target.integers.push_back(0);
    }
    target.valid.push_back(0);
  }
  void add_integer(std::size_t column, std::int64_t value) {
    columns_[column].integers.push_back(value);
    columns_[column].valid.push_back(1);
  }
  void add_double(std::size_t column, double value) {
    columns_[column].doubles.push_back(value);
    columns_[column].valid.push_back(1);
  }
  /// `text` must live as long as the batch: in its arena, or in memory given to `keep_alive`.
  void add_text(std::size_t column, std::string_view text) {
    columns_[column].texts.push_back(text);
    columns_[column].valid.push_back(1);
  }
  /// As add_text, but copies into the arena.
  void add_text_copy(std::size_t column, std::string_view text);
  void end_row() { ++row_count_; }
  /// Takes away the last `count` rows.
  void drop_last(std::size_t count);

  TextArena& arena() { return *arena_; }
  /// Holds `memory`, of so many bytes, until the batch is cleared: what `texts` point into.
  void keep_alive(std::shared_ptr<const void> memory, std::size_t bytes) {
    owners_.push_back(std::move(memory));
    kept_bytes_ += bytes;
  }
  std::size_t held_bytes() const { return arena_->held_bytes() + kept_bytes_; }
  bool is_full() const { return row_count_ >= kRowsMax || held_bytes() >= kHeldBytesMax; }
  /// Forgets the rows, keeps the allocations.
  void clear();

 private:
  const TableSchema* schema_ = nullptr;
  std::vector<Column> columns_;
  std::size_t row_count_ = 0;
  std::unique_ptr<TextArena> arena_ = std::make_unique<TextArena>();
  std::vector<std::shared_ptr<const void>> owners_;
  std::size_t kept_bytes_ = 0;  ///< by `owners_`
};

/// Where a warehouse takes rows from. It calls `next` from as many threads as it likes; the source
/// makes the rows on the caller's thread.
class BatchSource {
 public:
  virtual ~BatchSource() = default;
  virtual const TableSchema& schema() const = 0;
  /// Fills `batch` (cleared first) with at least one row; false when there are no more. After an
  /// error every later call gives an error too.
  virtual Result<bool> next(Batch& batch) = 0;
};

/// A source of rows that are in memory already.
class MemoryBatchSource : public BatchSource {
 public:
  explicit MemoryBatchSource(Batch batch) : schema_(*batch.schema()), batch_(std::move(batch)) {}
  const TableSchema& schema() const override { return schema_; }
  Result<bool> next(Batch& batch) override;

 private:
  const TableSchema& schema_;
  std::mutex mutex_;
  Batch batch_;
  bool done_ = false;
};

}  // namespace sparkify
