#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "decode/convert.h"
#include "decode/fast_reader.h"
#include "decode/strict_reader.h"
#include "record/batch.h"
#include "record/drift.h"
#include "record/reject.h"

namespace sparkify {

/// Where in a file the reading stands between two records (docs/formats/json_input.md, rules 1-7).
enum class FrameState {
  start,            ///< nothing but white space so far
  stream,           ///< a value, or the end
  array_first,      ///< after `[`: a value or `]`
  array_value,      ///< after `,`: a value
  array_separator,  ///< after a value: `,` or `]`
  after_array,      ///< after `]`: nothing but white space
};

/// A piece of an object's text, and what is known about its two ends.
struct Block {
  std::string_view text;  ///< FastReader::kPaddingBytes readable bytes stand behind it
  FrameState state = FrameState::start;  ///< at its first byte
  bool is_first = false;                 ///< at byte 0 of the object
  bool is_last = false;                  ///< the object ends behind it
  bool before_brace_line = false;        ///< a line follows whose first byte but blanks is `{`
};

/// Where a row came from.
struct RecordPlace {
  std::int64_t record_no = 0;
  std::int64_t line = 0;
  std::size_t begin = 0;  ///< in the block
  std::size_t end = 0;
};

/// What came of a block, but for the rows. Numbers count from the block's first byte.
struct BlockOutcome {
  std::size_t consumed_bytes = 0;         ///< what is left belongs in front of the next block
  FrameState state = FrameState::stream;  ///< behind the consumed bytes
  bool is_open_array = false;             ///< at the end of the object: an array without its `]`
  std::int64_t records = 0;
  std::int64_t newlines = 0;        ///< in the consumed bytes
  std::vector<Reject> rejects;      ///< line and record_no from 1, byte_offset from 0: in the block
  std::vector<RecordPlace> places;  ///< of the rows, if they are traced; numbers as in rejects
};

/// Finds the records of a block and turns them into rows, rejects and drift counts.
/// Used by one thread; keeps its memory between blocks.
class BlockDecoder {
 public:
  explicit BlockDecoder(DataKind kind);

  /// Whether `places` are kept, which costs a little.
  void trace_places(bool on) { traces_places_ = on; }

  /// Adds the block's rows to `batch`, their record_no from 1 in the block. The text must live as
  /// long as the batch. `drift` gets the block's counts added.
  BlockOutcome decode(const Block& block, std::int32_t object_no, Batch& batch, DriftCounts& drift);

 private:
  enum class Step { again, done };

  Step step();
  Step punctuation();
  Step record();
  bool read_fast();
  Step read_object();
  Step read_other_value();
  Step bad_record();
  std::size_t end_of_bad_record(bool* found) const;
  bool lone_surrogate_before(std::size_t end);
  std::size_t read_in_line();
  void reject(std::size_t end, RejectReason reason, std::size_t column);
  void accept(std::size_t end);
  void count_keys(const RawRecord& record);
  std::size_t first_lone_surrogate() const;
  void move_to(std::size_t at);

  static constexpr std::size_t kNoColumn = static_cast<std::size_t>(-1);

  DataKind kind_;
  KeyIndex keys_;
  Converter converter_;
  FastReader block_reader_;
  FastReader line_reader_;
  RawRecord raw_;
  bool traces_places_ = false;

  // The block in work.
  const Block* block_ = nullptr;
  std::string_view text_;
  std::int32_t object_no_ = 0;
  Batch* batch_ = nullptr;
  DriftCounts* drift_ = nullptr;
  BlockOutcome outcome_;
  bool has_index_ = false;
  std::size_t line_begin_ = 0;  ///< of the line that line_reader_ has indexed
  std::size_t line_end_ = 0;
  bool line_is_good_ = false;
  std::size_t at_ = 0;
  std::size_t counted_to_ = 0;  ///< newlines before it are counted
  bool bad_to_end_ = false;
};

}  // namespace sparkify
