#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "decode/raw_record.h"

namespace sparkify {

/// Reads JSON objects by the index of tokens that simdjson's first stage makes with vector
/// instructions. It only ever accepts: whatever is not plainly well-formed it leaves to
/// StrictReader. Used by one thread; keeps its memory between texts.
///
/// Source: docs/decisions/0004-two-readers.md. Tests hold the two readers against each other.
class FastReader {
 public:
  /// Bytes behind a text that must be readable (their values do not matter).
  static constexpr std::size_t kPaddingBytes = 64;
  static constexpr std::size_t kTextBytesMax = std::size_t{1} << 31;

  FastReader();
  ~FastReader();
  FastReader(const FastReader&) = delete;
  FastReader& operator=(const FastReader&) = delete;

  /// Makes the index of `text`, which must stay where it is. False where no token of it can be
  /// trusted: bytes that are not UTF-8, a text without its end, a control character in a text.
  bool index(std::string_view text);

  /// Reads the object that starts at `at` in the indexed text into `record` (cleared first).
  /// Returns the position behind it, or 0 where StrictReader has to decide. Positions asked for
  /// must not go back. What it accepts is well-formed and UTF-8, but for the escapes in the texts
  /// of known keys, which `unescape` checks when it resolves them.
  std::size_t read_record(std::size_t at, const KeyIndex& keys, RawRecord& record);

 private:
  struct Index;

  bool read_expected_key(std::string_view quoted);
  bool read_key(std::string_view* key);
  bool read_value(const KeyIndex& keys, RawValue* value);
  /// The token that starts at the cursor, without the white space behind it.
  std::string_view token() const;

  std::unique_ptr<Index> index_;
  std::string_view text_;
  std::size_t cursor_ = 0;  ///< number of a token in the index
};

}  // namespace sparkify
