#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_stream.h"
#include "decode/block_decoder.h"

namespace sparkify {

struct DecodeLimits {
  /// What is read at a time; less than 16 counts as 16.
  std::size_t block_bytes = std::size_t{1} << 20;
  /// A record longer than this fails its object.
  std::size_t record_bytes_max = std::size_t{128} << 20;
};

/// What a thread gets out of the blocks it decodes.
struct DecodeSink {
  Batch& batch;
  std::vector<Reject>& rejects;
  DriftCounts& drift;
};

/// Decodes one object, block by block, on as many threads as ask for a block.
///
/// Blocks are cut where a line begins with `{`, and each is decoded as if a record began there.
/// When the block before is done, it is known whether that was so; if not (the line was inside a
/// record), the block is decoded again from where the record began. What comes out is what one
/// thread reading from the first byte to the last would give. See docs/decisions/0005-blocks.md.
class ObjectDecoder {
 public:
  /// `text`: the decompressed object. `size_hint_bytes`: its size if known, else 0.
  ObjectDecoder(DataKind kind, std::string uri, std::int32_t object_no,
                std::unique_ptr<ByteStream> text, std::size_t size_hint_bytes, DecodeLimits limits);

  /// Decodes the next block into `sink`. False when no block is left to take (other threads may
  /// still be at theirs). After an error, this and every other thread's sink has nothing of the
  /// block that failed; what earlier blocks gave must be taken back by the caller.
  /// Errors: those of the stream; `damaged` for a record over the limit.
  Result<bool> decode_next(BlockDecoder& decoder, DecodeSink sink);

  /// Makes decode_next give these rows' places and texts too, as `key_conflict` rejects. The
  /// decoders used must trace places. `record_numbers` must outlive the calls.
  void report_conflicts(const std::set<std::int64_t>& record_numbers) {
    conflicts_ = &record_numbers;
  }

  std::int32_t object_no() const { return object_no_; }
  const std::string& uri() const { return uri_; }
  /// Valid when every decode_next has returned and none failed.
  std::int64_t record_count() const { return chain_.records; }
  std::int64_t reject_count() const { return chain_.rejects; }

 private:
  class GiveUpOnThrow;
  struct TextBlock {
    std::shared_ptr<char[]> memory;
    std::size_t bytes = 0;
    std::size_t index = 0;
    bool exact = false;  ///< read behind the chain: begins with its carry, in its state
    Block block;
    std::string_view text() const { return {memory.get(), bytes}; }
  };
  /// What is known once all blocks before `next` are decoded.
  struct Chain {
    std::size_t next = 0;
    FrameState state = FrameState::start;
    std::string carry;  ///< the beginning of a record that goes on in block `next`
    std::int64_t records = 0;
    std::int64_t rejects = 0;
    std::int64_t newlines = 0;
    std::int64_t offset_bytes = 0;  ///< of the carry's first byte
  };

  Result<std::optional<TextBlock>> read_block();
  Result<std::size_t> fill(TextBlock& block, std::size_t from, std::size_t wanted);
  void cut(TextBlock& block, bool ended);
  void assume_state(TextBlock& block);
  Status wait_for_turn(std::size_t index);
  TextBlock with_carry(const TextBlock& block) const;
  Status finish(TextBlock& text, BlockOutcome outcome, std::size_t first_row, DecodeSink sink);
  void add_conflicts(const TextBlock& text, const BlockOutcome& outcome, DecodeSink sink) const;
  Error fail(Error error);

  const DataKind kind_;
  const std::string uri_;
  const std::int32_t object_no_;
  const std::size_t size_hint_bytes_;
  const DecodeLimits limits_;
  const std::set<std::int64_t>* conflicts_ = nullptr;

  std::mutex read_mutex_;  ///< one thread reads at a time
  std::unique_ptr<ByteStream> stream_;
  std::size_t read_count_ = 0;
  std::string tail_;  ///< read, but behind the last cut
  bool ended_ = false;
  bool is_array_ = false;
  bool next_is_exact_ = false;

  std::mutex chain_mutex_;
  std::condition_variable turn_;
  Chain chain_;
  bool always_exact_ = false;  ///< guessing where records begin went wrong once
  std::optional<Error> error_;
};

}  // namespace sparkify
