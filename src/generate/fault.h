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
  same_line,      ///< on the line of the record before, which is faultless; not the first of a file
  escaped_ascii,  ///< \u0041 for A, in texts and in a key
  raw_utf8,       ///< characters other than ASCII as they are; only where there are such
  encoded_again,  ///< texts of a play that else would match; only with other than ASCII
  other_normal_form,  ///< likewise, with accents composed that are not, or the other way round
  // Of whole files:
  utf16,           ///< all of it
  late_song,       ///< a song's file comes in a later delivery
  late_file,       ///< a day's file comes after files of newer days
  changed_object,  ///< comes once more in a later delivery, with other content
};

inline constexpr std::size_t kFaultKindCount = 23;

/// Whether the record is bad by itself, whatever else there is.
constexpr bool is_bad_record(FaultKind kind) { return kind < FaultKind::key_conflict; }
constexpr bool is_of_file(FaultKind kind) { return kind >= FaultKind::utf16; }

/// How often each kind occurs, 0..1, among the records or files that can have it. Kinds not named
/// do not.
using FaultRates = std::map<FaultKind, double>;

std::string_view to_string(FaultKind kind);
/// Every kind, in the order of the enumeration.
const std::array<FaultKind, kFaultKindCount>& all_fault_kinds();

/// The rates that `text` asks for: kinds with their rates ("bad_json=0.01,duplicate=0.05"), or
/// "all" for every kind at 0.001 ("all=0.01": at that rate). Both may be mixed; the rate given for
/// a kind itself counts.
/// Errors: `usage`: unknown or repeated kinds, and as check_fault_rates().
Result<FaultRates> parse_faults(std::string_view text);

/// `usage`, when a rate is outside 0..1, or those of records or those of files are over 1 together.
Status check_fault_rates(const FaultRates& rates);

/// Draws faults at given rates, at most one for a record or a file.
class FaultDraw {
 public:
  enum class Subject { record, file };
  FaultDraw(const FaultRates& rates, Subject subject);
  std::optional<FaultKind> next(Random& random) const;

 private:
  std::array<double, kFaultKindCount> upper_bounds_{};
  double total_ = 0;
};

}  // namespace sparkify
