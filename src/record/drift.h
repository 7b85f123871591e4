#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "record/schema.h"

namespace sparkify {

/// Which keys the records of one kind had: what was new, and what was missing.
/// Source: data contract, section 6.
class DriftCounts {
 public:
  /// Unknown keys that are told apart; more are counted together. Which ones stay does not depend
  /// on the order of the records: the smallest by bytes.
  static constexpr std::size_t kUnknownKeysMax = 1000;
  /// Longer keys are cut, at a character, and end with `…` then.
  static constexpr std::size_t kKeyBytesMax = 256;

  /// A key as it is counted and shown in every warehouse: of bounded length, NUL as U+FFFD.
  static std::string shown_key(std::string_view key);

  void count_record() { ++records_; }
  void count_known(std::size_t column) { ++known_[column]; }
  /// Once for each distinct key of a record.
  void count_unknown(std::string_view key, std::int64_t records = 1);
  void merge(const DriftCounts& other);

  std::int64_t records() const { return records_; }
  std::int64_t known(std::size_t column) const { return known_[column]; }
  const std::map<std::string, std::int64_t>& unknown() const { return unknown_; }
  /// Keys of records (each counted once a record) that found no place in `unknown`.
  std::int64_t other_keys() const { return other_keys_; }

 private:
  std::int64_t records_ = 0;
  std::array<std::int64_t, kEventColumnCount> known_{};
  std::map<std::string, std::int64_t> unknown_;
  std::int64_t other_keys_ = 0;
};

}  // namespace sparkify
