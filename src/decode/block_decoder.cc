#include "decode/block_decoder.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <string>

#include "base/utf8.h"
#include "decode/json_text.h"

namespace sparkify {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// The state behind a value that was read in `state`.
FrameState after_value(FrameState state) {
  switch (state) {
    case FrameState::array_first:
    case FrameState::array_value:
    case FrameState::array_separator:
      return FrameState::array_separator;
    case FrameState::after_array:
      return FrameState::after_array;
    default:
      return FrameState::stream;
  }
}

/// The state behind a bad record that began in `state`.
FrameState after_fault(FrameState state) {
  switch (after_value(state)) {
    case FrameState::array_separator:
      return FrameState::array_value;
    case FrameState::after_array:
      return FrameState::after_array;
    default:
      return FrameState::stream;
  }
}

}  // namespace

BlockDecoder::BlockDecoder(DataKind kind) : kind_(kind), keys_(kind), converter_(kind) {}

BlockOutcome BlockDecoder::decode(const Block& block, std::int32_t object_no, Batch& batch,
                                  DriftCounts& drift) {
  block_ = &block;
  text_ = block.text;
  object_no_ = object_no;
  batch_ = &batch;
  drift_ = &drift;
  outcome_ = BlockOutcome{};
  outcome_.state = block.state;
  at_ = 0;
  counted_to_ = 0;
  bad_to_end_ = false;
  line_end_ = 0;
  if (block.is_first && text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
  // An open block may end inside a text, which would spoil the index of all of it.
  const bool whole = block.is_last || block.before_brace_line;
  const std::size_t last_brace = whole ? std::string_view::npos : text_.rfind('}');
  has_index_ = block_reader_.index(
      text_.substr(0, last_brace == std::string_view::npos ? text_.size() : last_brace + 1));
  while (step() == Step::again) {
  }
  outcome_.consumed_bytes = at_;
  move_to(at_);
  const bool in_array = outcome_.state == FrameState::array_first ||
                        outcome_.state == FrameState::array_value ||
                        outcome_.state == FrameState::array_separator;
  outcome_.is_open_array = block.is_last && in_array && !bad_to_end_;
  if (outcome_.is_open_array) reject(at_, RejectReason::bad_json, kNoColumn);
  return std::move(outcome_);
}

BlockDecoder::Step BlockDecoder::step() {
  while (at_ < text_.size() && is_json_space(text_[at_])) ++at_;
  if (at_ == text_.size()) return Step::done;
  if (outcome_.state == FrameState::start) {
    outcome_.state = text_[at_] == '[' ? FrameState::array_first : FrameState::stream;
    if (text_[at_] == '[') {
      ++at_;
      return Step::again;
    }
  }
  switch (outcome_.state) {
    case FrameState::array_first:
      if (text_[at_] == ']') return punctuation();
      return record();
    case FrameState::array_separator:
      if (text_[at_] == ']' || text_[at_] == ',') return punctuation();
      return bad_record();
    case FrameState::after_array:
      return bad_record();
    default:
      return record();
  }
}

BlockDecoder::Step BlockDecoder::punctuation() {
  outcome_.state = text_[at_] == ',' ? FrameState::array_value : FrameState::after_array;
  ++at_;
  return Step::again;
}

BlockDecoder::Step BlockDecoder::record() {
  if (text_[at_] != '{') return read_other_value();
  if (read_fast()) return Step::again;
  return read_object();
}

bool BlockDecoder::read_fast() {
  const std::size_t end = has_index_ ? block_reader_.read_record(at_, keys_, raw_) : read_in_line();
  if (end == 0) return false;
  if (converter_.append(raw_, object_no_, outcome_.records + 1, *batch_)) return false;
  accept(end);
  return true;
}

std::size_t BlockDecoder::read_in_line() {
  // Some byte of the block spoils its index; most of its lines are still good alone.
  if (at_ >= line_end_) {
    const std::size_t newline = text_.find('\n', at_);
    line_begin_ = at_;
    line_end_ = newline == std::string_view::npos ? text_.size() : newline;
    line_is_good_ = newline != std::string_view::npos &&
                    line_reader_.index(text_.substr(line_begin_, line_end_ - line_begin_));
  }
  if (!line_is_good_) return 0;
  const std::size_t end = line_reader_.read_record(at_ - line_begin_, keys_, raw_);
  return end == 0 ? 0 : line_begin_ + end;
}

BlockDecoder::Step BlockDecoder::read_object() {
  StrictReader strict(text_, block_->is_last, keys_);
  const ReadEnd end = strict.read_record(at_, raw_);
  if (end.kind == ReadEnd::Kind::need_more) return Step::done;
  if (end.kind == ReadEnd::Kind::fault) return bad_record();
  if (!is_utf8(text_.substr(at_, end.at - at_))) {
    reject(end.at, RejectReason::bad_utf8, kNoColumn);
  } else if (raw_.has_lone_surrogate()) {
    reject(end.at, RejectReason::bad_utf8, first_lone_surrogate());
  } else if (const auto fault =
                 converter_.append(raw_, object_no_, outcome_.records + 1, *batch_)) {
    count_keys(raw_);
    reject(end.at, fault->reason, fault->column);
  } else {
    accept(end.at);
    return Step::again;
  }
  outcome_.state = after_value(outcome_.state);
  return Step::again;
}

BlockDecoder::Step BlockDecoder::read_other_value() {
  StrictReader strict(text_, block_->is_last, keys_);
  bool lone_surrogate = false;
  const ReadEnd end = strict.read_value(at_, &lone_surrogate);
  if (end.kind == ReadEnd::Kind::need_more) return Step::done;
  if (end.kind == ReadEnd::Kind::fault) return bad_record();
  const bool bad_text = lone_surrogate || !is_utf8(text_.substr(at_, end.at - at_));
  reject(end.at, bad_text ? RejectReason::bad_utf8 : RejectReason::bad_json, kNoColumn);
  outcome_.state = after_value(outcome_.state);
  return Step::again;
}

BlockDecoder::Step BlockDecoder::bad_record() {
  bool found = false;
  const std::size_t end = end_of_bad_record(&found);
  if (!found && !block_->is_last && !block_->before_brace_line) return Step::done;
  bad_to_end_ = !found && block_->is_last;
  const FrameState state = after_fault(outcome_.state);
  if (!is_utf8(text_.substr(at_, end - at_))) {
    reject(end, RejectReason::bad_utf8, kNoColumn);
  } else if (outcome_.state != FrameState::after_array &&
             outcome_.state != FrameState::array_separator && lone_surrogate_before(end)) {
    reject(end, RejectReason::bad_utf8, first_lone_surrogate());
  } else {
    reject(end, RejectReason::bad_json, kNoColumn);
  }
  outcome_.state = state;
  return Step::again;
}

bool BlockDecoder::lone_surrogate_before(std::size_t end) {
  // The fault may lie behind the record's end; what stands there is the next record's affair.
  StrictReader strict(text_.substr(0, end), true, keys_);
  if (text_[at_] == '{') {
    static_cast<void>(strict.read_record(at_, raw_));
    return raw_.has_lone_surrogate();
  }
  raw_.clear();
  static_cast<void>(strict.read_value(at_, &raw_.lone_surrogate_elsewhere));
  return raw_.has_lone_surrogate();
}

std::size_t BlockDecoder::end_of_bad_record(bool* found) const {
  std::size_t newline = text_.find('\n', at_);
  while (newline != std::string_view::npos) {
    const std::size_t begin = newline + 1;
    std::size_t first = begin;
    while (first < text_.size() && is_blank(text_[first])) ++first;
    if (first < text_.size() && text_[first] == '{') {
      *found = true;
      return begin;
    }
    newline = text_.find('\n', first);
  }
  *found = false;
  return text_.size();
}

void BlockDecoder::reject(std::size_t end, RejectReason reason, std::size_t column) {
  ++outcome_.records;
  move_to(at_);
  Reject reject;
  reject.object_no = object_no_;
  reject.record_no = outcome_.records;
  reject.line = outcome_.newlines + 1;
  reject.byte_offset = static_cast<std::int64_t>(at_);
  if (column != kNoColumn) reject.column_name = staging_schema(kind_).columns[column].name;
  reject.reason = reason;
  reject.raw_text = raw_text_of(text_.substr(at_, end - at_));
  outcome_.rejects.push_back(std::move(reject));
  at_ = end;
}

void BlockDecoder::accept(std::size_t end) {
  ++outcome_.records;
  count_keys(raw_);
  if (traces_places_) {
    move_to(at_);
    outcome_.places.push_back({outcome_.records, outcome_.newlines + 1, at_, end});
  }
  at_ = end;
  outcome_.state = after_value(outcome_.state);
}

void BlockDecoder::count_keys(const RawRecord& record) {
  drift_->count_record();
  for (std::size_t i = 0; i < json_column_count(kind_); ++i) {
    if (record.values[i].kind != RawKind::absent) drift_->count_known(i);
  }
  if (record.unknown_keys.empty()) return;
  std::set<std::string> distinct;
  for (const UnknownKey& key : record.unknown_keys) {
    if (!key.has_escape) {
      distinct.insert(DriftCounts::shown_key(key.token));
    } else if (const auto plain = unescaped(key.token)) {
      distinct.insert(DriftCounts::shown_key(*plain));
    }
  }
  for (const std::string& key : distinct) drift_->count_unknown(key);
}

std::size_t BlockDecoder::first_lone_surrogate() const {
  for (std::size_t i = 0; i < kJsonColumnsMax; ++i) {
    if (raw_.lone_surrogates.test(i)) return i;
  }
  return kNoColumn;
}

void BlockDecoder::move_to(std::size_t at) {
  // Lines are long: looking for the next end of one is faster than comparing each byte.
  const char* from = text_.data() + counted_to_;
  const char* const end = text_.data() + at;
  while (from < end) {
    const void* found = std::memchr(from, '\n', static_cast<std::size_t>(end - from));
    if (found == nullptr) break;
    ++outcome_.newlines;
    from = static_cast<const char*>(found) + 1;
  }
  counted_to_ = at;
}

}  // namespace sparkify
