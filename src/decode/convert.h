#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "decode/raw_record.h"
#include "record/batch.h"
#include "record/reject.h"

namespace sparkify {

/// Why a record's values cannot be a row: the reason, and the column it was found in.
struct ValueFault {
  RejectReason reason;
  std::size_t column;
};

/// The rules of the data contract for the values of one record: types, ranges, lengths, and which
/// columns must be there. Source: data contract, sections 1 and 4; docs/formats/json_input.md.
class Converter {
 public:
  explicit Converter(DataKind kind);

  /// Adds `record` to `batch` as one row, object_no and record_no included, or says why not and
  /// leaves the batch as it was. The record's tokens must live as long as the batch.
  /// A text whose escapes are malformed or hold a lone surrogate is a `bad_utf8` fault here; the
  /// strict reader tells the two apart.
  std::optional<ValueFault> append(const RawRecord& record, std::int32_t object_no,
                                   std::int64_t record_no, Batch& batch);

 private:
  /// What the schema and the contract say of a column, side by side in memory: it is asked for
  /// each value.
  struct Rule {
    ColumnType type = ColumnType::text;
    bool is_loose_integer = false;  ///< may be a text, or have a fraction of zeros
    bool may_be_empty = false;      ///< an empty text is null
    std::size_t bytes_max = 0;
    std::int64_t least = 0;
    std::int64_t most = 0;
    std::int64_t scale = 1;  ///< of what is stored to what is written
  };
  struct Value {
    bool is_null = true;
    std::int64_t integer = 0;
    double real = 0;
    std::string_view text;
  };

  Rule rule_of(std::size_t column) const;
  static std::optional<RejectReason> convert(const Rule& rule, const RawValue& raw,
                                             TextArena& arena, Value* out);
  static std::optional<RejectReason> convert_text(const Rule& rule, const RawValue& raw,
                                                  TextArena& arena, Value* out);
  static std::optional<RejectReason> convert_integer(const Rule& rule, const RawValue& raw,
                                                     TextArena& arena, Value* out);
  std::optional<std::size_t> missing_column() const;
  bool is_missing(std::size_t column) const;

  DataKind kind_;
  std::size_t column_count_;
  std::array<Rule, kJsonColumnsMax> rules_;
  std::array<Value, kJsonColumnsMax> values_;
};

/// The digits of a JSON number as a multiple of 1/100,000, rounded half away from zero; nothing if
/// that has more than 12 digits.
std::optional<std::int64_t> parse_decimal5(std::string_view number);

/// A JSON number as the nearest double; nothing if it is too large for one.
std::optional<double> parse_double(std::string_view number);

}  // namespace sparkify
