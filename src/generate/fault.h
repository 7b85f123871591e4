#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "generate/random.h"

namespace sparkify {

/// What can be wrong, or merely unusual, with a generated record. The first eight are the reject
/// reasons of the data contract and bear their names; docs/generator.md says what each looks like.
enum class FaultKind : std::uint8_t {
  bad_utf8,
  bad_json,
  bad_type,
  nul_character,
  too_long,
  out_of_range,
  missing_field,
  key_conflict,  ///< a further play with the id of an earlier one; plays only
  duplicate,     ///< a play once more, in the same file or a later one; plays only
  unknown_key,
  blank_line,
  crlf,
  bom,  ///< first records of files only
  multi_line,
  same_line,  ///< on the line of the record before, which is faultless; not the first of a file
};

inline constexpr std::size_t kFaultKindCount = 15;

/// How often each kind occurs, 0..1, among the records that can have it. Kinds not named do not.
using FaultRates = std::map<FaultKind, double>;

std::string_view to_string(FaultKind kind);
/// Every kind, in the order of the enumeration.
const std::array<FaultKind, kFaultKindCount>& all_fault_kinds();

/// The rates that `text` asks for: kinds with their rates ("bad_json=0.01,duplicate=0.05"), or
/// "all" for every kind at 0.001 ("all=0.01": at that rate). Both may be mixed; the rate given for
/// a kind itself counts.
/// Errors: `usage`: unknown or repeated kinds, rates outside 0..1, rates that add up to over 1.
Result<FaultRates> parse_faults(std::string_view text);

/// `usage`, when a rate is outside 0..1 or all together are over 1.
Status check_fault_rates(const FaultRates& rates);

/// Draws faults at given rates, at most one for a record.
class FaultDraw {
 public:
  explicit FaultDraw(const FaultRates& rates);
  std::optional<FaultKind> next(Random& random) const;

 private:
  std::array<double, kFaultKindCount> upper_bounds_{};
  double total_ = 0;
};

}  // namespace sparkify
