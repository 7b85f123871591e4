#include "generate/delivery_plan.h"

#include <array>

namespace sparkify {

std::string_view to_string(FileForm form) {
  static constexpr std::array<std::string_view, 6> kNames{
      "right", "cut_short", "with_errors", "other_levels", "other_times", "other_title"};
  return kNames[static_cast<std::size_t>(form)];
}

std::optional<FilePlan::Arrival> FilePlan::arrival_in(std::int32_t delivery) const {
  if (second && second->delivery == delivery) return Arrival{2, second->form};
  if (first.delivery == delivery) return Arrival{1, first.form};
  return std::nullopt;
}

DeliveryPlan::DeliveryPlan(std::uint64_t seed, const FaultRates& rates, std::int32_t deliveries,
                           std::int32_t days)
    : seed_(seed), faults_(rates, FaultDraw::Subject::file), deliveries_(deliveries), days_(days) {}

FilePlan DeliveryPlan::log_file(std::int32_t day_no) const {
  Random random(seed_, RandomPurpose::log_file_faults, static_cast<std::uint64_t>(day_no));
  const std::int64_t part = std::int64_t{day_no} * deliveries_ / days_;
  FilePlan file = plan(random, static_cast<std::int32_t>(part) + 1, FaultKind::late_file);
  if (file.second) {
    static constexpr std::array<FileForm, 4> kForms{FileForm::cut_short, FileForm::with_errors,
                                                    FileForm::other_levels, FileForm::other_times};
    file.first.form = random.pick(kForms);
  }
  return file;
}

FilePlan DeliveryPlan::song_file(std::int32_t song_no) const {
  Random random(seed_, RandomPurpose::song_file_faults, static_cast<std::uint64_t>(song_no));
  FilePlan file = plan(random, 1, FaultKind::late_song);
  if (file.second) {
    // Corrected, or spoilt: a match that was made stays.
    (random.chance(0.5) ? file.first : *file.second).form = FileForm::other_title;
  }
  return file;
}

FilePlan DeliveryPlan::plan(Random& random, std::int32_t due, FaultKind late) const {
  FilePlan file;
  file.first.delivery = due;
  const std::optional<FaultKind> fault = faults_.next(random);
  if (fault == FaultKind::utf16) {
    static constexpr std::array<Utf16, 3> kForms{Utf16::little_with_mark, Utf16::big_with_mark,
                                                 Utf16::little};
    file.fault = fault;
    file.utf16 = random.pick(kForms);
  }
  if (due == deliveries_) return file;  // nothing comes after it
  const auto later = static_cast<std::int32_t>(random.between(due + 1, deliveries_));
  if (fault == late) {
    file.fault = fault;
    file.first.delivery = later;
  } else if (fault == FaultKind::changed_object) {
    file.fault = fault;
    file.second = FilePlan::Version{later, FileForm::right};
  }
  return file;
}

}  // namespace sparkify
