#pragma once

#include <cstddef>
#include <string_view>

#include "decode/raw_record.h"

namespace sparkify {

/// How reading a JSON value ended.
struct ReadEnd {
  enum class Kind {
    complete,   ///< `at` is behind the value's last byte
    need_more,  ///< the text ends inside the value, and more text may follow
    fault,      ///< `at` is the first byte that no well-formed value can have there
  };
  Kind kind = Kind::fault;
  std::size_t at = 0;
};

/// Reads one JSON value byte by byte, strictly by RFC 8259, at most kJsonDepthMax deep. This is
/// the definition of what is well-formed; the fast reader may only accept what this one accepts.
/// UTF-8 is not checked here.
class StrictReader {
 public:
  /// `is_last`: the text ends where the object ends, so a cut value is a fault, at text.size().
  StrictReader(std::string_view text, bool is_last, const KeyIndex& keys)
      : text_(text), is_last_(is_last), keys_(keys) {}

  /// Reads the object whose `{` is at `at` into `record` (cleared first). After a fault, `record`
  /// still tells of the lone surrogates before it.
  ReadEnd read_record(std::size_t at, RawRecord& record);
  /// Reads any value that starts at `at`, itself the `depth`-th level. `*lone_surrogate` becomes
  /// whether one is in it.
  ReadEnd read_value(std::size_t at, bool* lone_surrogate, std::size_t depth = 1);

 private:
  using Kind = ReadEnd::Kind;

  Kind value(std::size_t depth, RawValue* out);
  Kind text(RawValue* out);
  Kind text_to_quote(bool* has_escape);
  Kind escape();
  Kind number(RawValue* out);
  Kind literal(std::string_view word, RawKind kind, RawValue* out);
  Kind array(std::size_t depth);
  Kind nested_object(std::size_t depth);
  Kind key_and_colon(RawValue* key);
  Kind field(std::size_t* guess, RawRecord& record);
  /// After an element: `,` (goes on, `*more` true) or `close`.
  Kind separator(char close, bool* more);
  bool at_end() const { return at_ == text_.size(); }
  Kind at_cut() const { return is_last_ ? Kind::fault : Kind::need_more; }
  void skip_space();
  bool digits();

  std::string_view text_;
  bool is_last_;
  const KeyIndex& keys_;
  std::size_t at_ = 0;
  bool lone_surrogate_ = false;
};

inline constexpr std::size_t kJsonDepthMax = 1024;

}  // namespace sparkify
