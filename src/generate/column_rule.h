#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace sparkify {

/// What a record is, as far as its faults go.
enum class RecordForm { play, other_event, song };

/// What the data contract asks of the value of one key. The generator keeps its own copy of these
/// rules: it is a yardstick for the decoder and must not share its mistakes.
struct ColumnRule {
  enum class Kind {
    text,
    integer,        ///< digits only
    loose_integer,  ///< also "5" and 5.0
    number,
  };
  enum class Need { never, play, always };

  std::string_view key;
  std::string_view column;  ///< snake_case, as etl_rejects names it
  Kind kind;
  Need need;
  std::size_t bytes_max;       ///< of texts; else 0
  std::string_view too_small;  ///< a value outside the range; empty where there is none
  std::string_view too_large;

  bool is_needed_by(RecordForm form) const {
    return need == Need::always || (need == Need::play && form == RecordForm::play);
  }
};

/// The columns of a record, in staging order.
std::span<const ColumnRule> column_rules(RecordForm form);

}  // namespace sparkify
