#include "generate/day_version.h"

#include <array>

#include "base/assert.h"

namespace sparkify {

namespace {

constexpr double kShareOfErrors = 0.1;
constexpr double kShareOfOtherLevels = 0.3;
constexpr double kShareOfOtherTimes = 0.1;
constexpr std::int64_t kTimeErrorSecondsMax = 600;

/// Some records that were good are such as the ETL rejects. What follows on the same line needs a
/// good one before it.
void add_errors(std::vector<PlannedRecord>& records, Random& random) {
  static constexpr std::array<FaultKind, 5> kErrors{FaultKind::bad_type, FaultKind::missing_field,
                                                    FaultKind::out_of_range, FaultKind::too_long,
                                                    FaultKind::nul_character};
  for (std::size_t i = 0; i < records.size(); ++i) {
    const bool is_leader = i + 1 < records.size() && records[i + 1].fault == FaultKind::same_line;
    if (records[i].fault || is_leader || !random.chance(kShareOfErrors)) continue;
    records[i].fault = random.pick(kErrors);
  }
}

void change_levels(std::vector<PlannedRecord>& records, Random& random) {
  for (PlannedRecord& record : records) {
    if (!random.chance(kShareOfOtherLevels)) continue;
    record.event.level = record.event.level == Level::paid ? Level::free : Level::paid;
  }
}

void change_times(std::vector<PlannedRecord>& records, Random& random) {
  for (PlannedRecord& record : records) {
    if (record.fault || !record.event.is_play() || !random.chance(kShareOfOtherTimes)) continue;
    record.event.ts_ms += random.between(1, kTimeErrorSecondsMax) * 1000;
  }
}

}  // namespace

DayPlan in_form(FileForm form, DayPlan plan, std::uint64_t seed) {
  Random random(seed, RandomPurpose::earlier_versions, static_cast<std::uint64_t>(plan.day_no));
  switch (form) {
    case FileForm::right:
      return plan;
    case FileForm::cut_short:
      plan.records.resize(static_cast<std::size_t>(random.below(plan.records.size())) + 1);
      return plan;
    case FileForm::with_errors:
      add_errors(plan.records, random);
      return plan;
    case FileForm::other_levels:
      change_levels(plan.records, random);
      return plan;
    case FileForm::other_times:
      change_times(plan.records, random);
      return plan;
    case FileForm::other_title:
      break;
  }
  SPARKIFY_ASSERT(false);
}

}  // namespace sparkify
