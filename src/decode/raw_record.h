#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "record/schema.h"

namespace sparkify {

/// What kind of JSON value a token is.
enum class RawKind { absent, null, boolean, number, text, object, array };

/// A JSON value as it stands in the source, well-formed but not yet converted.
struct RawValue {
  RawKind kind = RawKind::absent;
  /// number: its digits. text: what is between the quotes, escapes as they are.
  std::string_view token;
  bool has_escape = false;
};

inline constexpr std::size_t kJsonColumnsMax = kEventColumnCount;

/// A key of a record that is no column of ours.
struct UnknownKey {
  std::string_view token;  ///< between the quotes
  bool has_escape = false;
};

/// One JSON object, its known keys sorted into columns. Points into the source text.
struct RawRecord {
  std::array<RawValue, kJsonColumnsMax> values;
  std::vector<UnknownKey> unknown_keys;
  /// Columns in whose value, or in a later value of the same key, a lone surrogate escape stands.
  std::bitset<kJsonColumnsMax> lone_surrogates;
  /// One stands in a key or in the value of an unknown key.
  bool lone_surrogate_elsewhere = false;

  void clear() {
    values.fill(RawValue{});
    unknown_keys.clear();
    lone_surrogates.reset();
    lone_surrogate_elsewhere = false;
  }
  bool has_lone_surrogate() const { return lone_surrogate_elsewhere || lone_surrogates.any(); }
};

/// Finds the column that a key fills.
class KeyIndex {
 public:
  static constexpr std::size_t kUnknown = static_cast<std::size_t>(-1);

  explicit KeyIndex(DataKind kind);
  /// The column of `key` (unescaped), or kUnknown. `guess` is tried first: keys mostly come in the
  /// order of the columns.
  std::size_t find(std::string_view key, std::size_t guess) const;
  /// The key of a column as it mostly stands in the text, in its quotes; empty behind the last.
  std::string_view quoted(std::size_t column) const {
    return column < quoted_.size() ? std::string_view(quoted_[column]) : std::string_view();
  }

 private:
  std::vector<std::string_view> keys_;
  std::vector<std::string> quoted_;
};

}  // namespace sparkify
