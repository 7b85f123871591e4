#include "decode/fast_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

#include "decode/json_text.h"
#include "decode/strict_reader.h"

namespace sparkify {

static_assert(FastReader::kPaddingBytes >= simdjson::SIMDJSON_PADDING);

/// simdjson's token index: the offsets of `{ } [ ] : ,`, of opening quotes, and of the first bytes
/// of numbers and literals, outside texts.
struct FastReader::Index {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser;
  std::size_t capacity_bytes = 0;

  bool grow(std::size_t bytes) {
    if (bytes <= capacity_bytes) return true;
    const std::size_t wanted = std::max(bytes, 2 * capacity_bytes);
    parser.reset();
    capacity_bytes = 0;
    if (simdjson::get_active_implementation()->create_dom_parser_implementation(
            wanted, kJsonDepthMax, parser) != simdjson::SUCCESS) {
      return false;
    }
    capacity_bytes = wanted;
    return true;
  }
  std::size_t size() const { return parser->n_structural_indexes; }
  std::size_t offset(std::size_t token) const { return parser->structural_indexes[token]; }
};

FastReader::FastReader() : index_(std::make_unique<Index>()) {}
FastReader::~FastReader() = default;

bool FastReader::index(std::string_view text) {
  text_ = text;
  cursor_ = 0;
  if (text.empty() || text.size() > kTextBytesMax || !index_->grow(text.size())) return false;
  return index_->parser->stage1(reinterpret_cast<const std::uint8_t*>(text.data()), text.size(),
                                simdjson::stage1_mode::regular) == simdjson::SUCCESS;
}

std::string_view FastReader::token() const {
  const std::size_t begin = index_->offset(cursor_);
  std::size_t end = cursor_ + 1 < index_->size() ? index_->offset(cursor_ + 1) : text_.size();
  while (end > begin && is_json_space(text_[end - 1])) --end;
  return text_.substr(begin, end - begin);
}

std::size_t FastReader::read_record(std::size_t at, const KeyIndex& keys, RawRecord& record) {
  const std::size_t count = index_->size();
  while (cursor_ < count && index_->offset(cursor_) < at) ++cursor_;
  if (cursor_ == count || index_->offset(cursor_) != at) return 0;
  record.clear();
  ++cursor_;
  if (cursor_ < count && text_[index_->offset(cursor_)] == '}') return index_->offset(cursor_) + 1;
  std::size_t guess = 0;
  while (true) {
    std::string_view key;
    std::size_t column = guess;
    if (!read_expected_key(keys.quoted(guess))) {
      if (!read_key(&key)) return 0;
      column = keys.find(key, guess);
    }
    RawValue value;
    if (!read_value(keys, &value)) return 0;
    if (column == KeyIndex::kUnknown) {
      // Nobody will resolve this text, so nobody else would see a malformed escape in it.
      if (value.has_escape && !unescaped(value.token)) return 0;
      record.unknown_keys.push_back({key, false});
    } else {
      RawValue& target = record.values[column];
      if (target.kind != RawKind::absent) return 0;  // a key given twice
      target = value;
      guess = column + 1;
    }
    if (cursor_ >= count) return 0;
    const std::size_t offset = index_->offset(cursor_);
    ++cursor_;
    if (text_[offset] == '}') return offset + 1;
    if (text_[offset] != ',') return 0;
  }
}

/// In one comparison, as keys mostly come in the order of the columns.
bool FastReader::read_expected_key(std::string_view quoted) {
  if (quoted.empty() || cursor_ + 1 >= index_->size()) return false;
  const std::size_t begin = index_->offset(cursor_);
  const std::size_t colon = begin + quoted.size();
  if (index_->offset(cursor_ + 1) != colon || text_[colon] != ':') return false;
  if (std::memcmp(text_.data() + begin, quoted.data(), quoted.size()) != 0) return false;
  cursor_ += 2;
  return true;
}

bool FastReader::read_key(std::string_view* key) {
  if (cursor_ + 1 >= index_->size()) return false;
  const std::string_view quoted = token();
  if (quoted.size() < 2 || quoted.front() != '"' || quoted.back() != '"') return false;
  *key = quoted.substr(1, quoted.size() - 2);
  if (std::memchr(key->data(), '\\', key->size()) != nullptr) return false;
  ++cursor_;
  if (text_[index_->offset(cursor_)] != ':') return false;
  ++cursor_;
  return true;
}

bool FastReader::read_value(const KeyIndex& keys, RawValue* value) {
  if (cursor_ >= index_->size()) return false;
  const std::string_view word = token();
  switch (word.front()) {
    case '"':
      if (word.size() < 2 || word.back() != '"') return false;
      value->kind = RawKind::text;
      value->token = word.substr(1, word.size() - 2);
      value->has_escape = std::memchr(value->token.data(), '\\', value->token.size()) != nullptr;
      break;
    case 'n':
      if (word != "null") return false;
      value->kind = RawKind::null;
      break;
    case 't':
    case 'f':
      if (word != "true" && word != "false") return false;
      value->kind = RawKind::boolean;
      break;
    case '{':
    case '[': {
      value->kind = word.front() == '{' ? RawKind::object : RawKind::array;
      bool lone_surrogate = false;
      StrictReader strict(text_, true, keys);
      const std::size_t begin = index_->offset(cursor_);
      // One level is the record's own.
      const ReadEnd end = strict.read_value(begin, &lone_surrogate, 2);
      if (end.kind != ReadEnd::Kind::complete || lone_surrogate) return false;
      while (cursor_ < index_->size() && index_->offset(cursor_) < end.at) ++cursor_;
      return true;
    }
    default:
      if (!is_json_number(word)) return false;
      value->kind = RawKind::number;
      value->token = word;
  }
  ++cursor_;
  return true;
}

}  // namespace sparkify
