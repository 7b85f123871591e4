#include "decode/object_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <exception>

#include "base/utf8.h"

namespace sparkify {

namespace {

/// A byte-order mark is in the first block whole.
constexpr std::size_t kBlockBytesLeast = 16;

/// The last place behind `from` where a line begins whose first byte but blanks is `{`; or 0.
std::size_t last_brace_line(std::string_view text, std::size_t from) {
  std::size_t end = text.size();
  while (end > from) {
    const void* found = ::memrchr(text.data() + from, '\n', end - from);
    if (found == nullptr) return 0;
    const auto newline = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    const std::size_t first = text.find_first_not_of(" \t\r", newline + 1);
    if (first != std::string_view::npos && text[first] == '{') return newline + 1;
    end = newline;
  }
  return 0;
}

std::shared_ptr<char[]> padded_memory(std::size_t bytes) {
  auto memory = std::make_shared_for_overwrite<char[]>(bytes + FastReader::kPaddingBytes);
  return memory;
}

}  // namespace

ObjectDecoder::ObjectDecoder(DataKind kind, std::string uri, std::int32_t object_no,
                             std::unique_ptr<ByteStream> text, std::size_t size_hint_bytes,
                             DecodeLimits limits)
    : kind_(kind),
      uri_(std::move(uri)),
      object_no_(object_no),
      size_hint_bytes_(size_hint_bytes),
      limits_{std::max(limits.block_bytes, kBlockBytesLeast), limits.record_bytes_max},
      stream_(std::move(text)) {}

/// Of a thread that leaves by an exception, as there is no memory: the others would wait for ever
/// for its turn, and what it has read is lost.
class ObjectDecoder::GiveUpOnThrow {
 public:
  explicit GiveUpOnThrow(ObjectDecoder& decoder) : decoder_(decoder) {}
  ~GiveUpOnThrow() {
    if (std::uncaught_exceptions() == at_begin_) return;
    // So short a text needs no memory of its own.
    static_cast<void>(decoder_.fail(Error{ErrorKind::internal, "out of memory"}));
  }
  GiveUpOnThrow(const GiveUpOnThrow&) = delete;
  GiveUpOnThrow& operator=(const GiveUpOnThrow&) = delete;

 private:
  ObjectDecoder& decoder_;
  const int at_begin_ = std::uncaught_exceptions();
};

Result<bool> ObjectDecoder::decode_next(BlockDecoder& decoder, DecodeSink sink) {
  const GiveUpOnThrow give_up(*this);
  auto read = read_block();
  if (!read.ok()) return fail(std::move(read).error());
  if (!read->has_value()) return false;
  TextBlock text = std::move(**read);
  const std::size_t first_row = sink.batch.row_count();
  DriftCounts drift;
  BlockOutcome outcome = decoder.decode(text.block, object_no_, sink.batch, drift);
  if (const Status turn = wait_for_turn(text.index); !turn.ok()) {
    sink.batch.drop_last(sink.batch.row_count() - first_row);
    return turn.error();
  }
  // From here on this thread alone may touch the chain.
  const bool guessed_right =
      text.exact || (chain_.carry.empty() && chain_.state == text.block.state);
  if (!guessed_right) {
    sink.batch.drop_last(sink.batch.row_count() - first_row);
    drift = DriftCounts{};
    text = with_carry(text);
    outcome = decoder.decode(text.block, object_no_, sink.batch, drift);
  }
  if (const Status done = finish(text, std::move(outcome), first_row, sink); !done.ok()) {
    sink.batch.drop_last(sink.batch.row_count() - first_row);
    return fail(done.error());
  }
  sink.batch.keep_alive(text.memory, text.bytes);
  sink.drift.merge(drift);
  return true;
}

Result<std::optional<ObjectDecoder::TextBlock>> ObjectDecoder::read_block() {
  const std::lock_guard lock(read_mutex_);
  if (ended_) return std::optional<TextBlock>();
  TextBlock block;
  block.index = read_count_;
  std::string carry;
  {
    std::unique_lock chain_lock(chain_mutex_);
    if (error_) return *error_;
    block.exact = next_is_exact_ || always_exact_;
  }
  if (block.exact) {
    TRY(wait_for_turn(block.index));
    carry = std::move(chain_.carry);
    chain_.carry.clear();
    block.block.state = chain_.state;
  }
  const std::size_t kept = carry.size() + tail_.size();
  // Reading as much as is already there keeps a long record from being scanned too often.
  std::size_t wanted = std::max(limits_.block_bytes, kept);
  if (read_count_ == 0 && size_hint_bytes_ > 0) {
    wanted = std::min(wanted, std::max(size_hint_bytes_ + 1, kBlockBytesLeast));
  }
  block.memory = padded_memory(kept + wanted);
  std::copy(carry.begin(), carry.end(), block.memory.get());
  std::copy(tail_.begin(), tail_.end(), block.memory.get() + carry.size());
  tail_.clear();
  TRY_ASSIGN(const std::size_t added, fill(block, kept, wanted));
  ended_ = added < wanted;
  ++read_count_;
  cut(block, ended_);
  return std::optional<TextBlock>(std::move(block));
}

Result<std::size_t> ObjectDecoder::fill(TextBlock& block, std::size_t from, std::size_t wanted) {
  std::size_t added = 0;
  while (added < wanted) {
    TRY_ASSIGN(const std::size_t bytes,
               stream_->read(std::span(block.memory.get() + from + added, wanted - added)));
    if (bytes == 0) break;
    added += bytes;
  }
  block.bytes = from + added;
  return added;
}

void ObjectDecoder::cut(TextBlock& block, bool ended) {
  std::size_t at = 0;
  if (!ended) at = last_brace_line(block.text(), 0);
  next_is_exact_ = at == 0;
  if (at > 0) {
    tail_.assign(block.memory.get() + at, block.bytes - at);
    block.bytes = at;
  }
  if (block.index == 0) {
    const std::string_view text = block.text();
    const std::size_t first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    is_array_ = first != std::string_view::npos && text[first] == '[';
  }
  if (!block.exact) {
    block.block.state = block.index == 0 ? FrameState::start
                        : is_array_      ? FrameState::array_value
                                         : FrameState::stream;
  }
  block.block.text = block.text();
  block.block.is_first = block.index == 0;
  block.block.is_last = ended;
  block.block.before_brace_line = at > 0;
}

Status ObjectDecoder::wait_for_turn(std::size_t index) {
  std::unique_lock lock(chain_mutex_);
  turn_.wait(lock, [&] { return chain_.next == index || error_.has_value(); });
  if (error_) return *error_;
  return {};
}

ObjectDecoder::TextBlock ObjectDecoder::with_carry(const TextBlock& block) const {
  TextBlock whole;
  whole.index = block.index;
  whole.exact = true;
  whole.bytes = chain_.carry.size() + block.bytes;
  whole.memory = padded_memory(whole.bytes);
  std::copy(chain_.carry.begin(), chain_.carry.end(), whole.memory.get());
  std::copy_n(block.memory.get(), block.bytes, whole.memory.get() + chain_.carry.size());
  whole.block = block.block;
  whole.block.text = whole.text();
  whole.block.state = chain_.state;
  whole.block.is_first = false;
  return whole;
}

Status ObjectDecoder::finish(TextBlock& text, BlockOutcome outcome, std::size_t first_row,
                             DecodeSink sink) {
  const std::size_t left = text.bytes - outcome.consumed_bytes;
  if (left > limits_.record_bytes_max) {
    return make_error(
        ErrorKind::damaged,
        fmt::format("{}: the record that begins at byte {} is longer than {} bytes; nothing of the "
                    "object was loaded. Give a larger --memory-limit, or split the record",
                    printable(uri_),
                    chain_.offset_bytes + static_cast<std::int64_t>(outcome.consumed_bytes),
                    limits_.record_bytes_max));
  }
  Column& record_no = sink.batch.column(json_column_count(kind_) + 1);
  for (std::size_t row = first_row; row < sink.batch.row_count(); ++row) {
    record_no.integers[row] += chain_.records;
  }
  for (Reject& reject : outcome.rejects) {
    reject.record_no += chain_.records;
    reject.line += chain_.newlines;
    reject.byte_offset += chain_.offset_bytes;
    sink.rejects.push_back(std::move(reject));
  }
  if (conflicts_ != nullptr) add_conflicts(text, outcome, sink);
  const std::lock_guard lock(chain_mutex_);
  always_exact_ = always_exact_ || (text.block.before_brace_line && left > 0);
  chain_.carry.assign(text.memory.get() + outcome.consumed_bytes, left);
  chain_.state = outcome.state;
  chain_.records += outcome.records;
  chain_.rejects += static_cast<std::int64_t>(outcome.rejects.size());
  chain_.newlines += outcome.newlines;
  chain_.offset_bytes += static_cast<std::int64_t>(outcome.consumed_bytes);
  ++chain_.next;
  turn_.notify_all();
  return {};
}

void ObjectDecoder::add_conflicts(const TextBlock& text, const BlockOutcome& outcome,
                                  DecodeSink sink) const {
  for (const RecordPlace& place : outcome.places) {
    if (!conflicts_->contains(place.record_no + chain_.records)) continue;
    Reject reject;
    reject.object_no = object_no_;
    reject.record_no = place.record_no + chain_.records;
    reject.line = place.line + chain_.newlines;
    reject.byte_offset = static_cast<std::int64_t>(place.begin) + chain_.offset_bytes;
    reject.column_name = "songplay_id";
    reject.reason = RejectReason::key_conflict;
    reject.raw_text = raw_text_of(text.text().substr(place.begin, place.end - place.begin));
    sink.rejects.push_back(std::move(reject));
  }
}

Error ObjectDecoder::fail(Error error) {
  const std::lock_guard lock(chain_mutex_);
  if (!error_) error_ = error;
  turn_.notify_all();
  return error;
}

}  // namespace sparkify
