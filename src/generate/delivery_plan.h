#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "generate/fault.h"
#include "generate/odd_encoding.h"
#include "generate/random.h"

namespace sparkify {

/// What a file holds, held against what it should.
enum class FileForm : std::uint8_t {
  right,
  cut_short,     ///< a day's: only the first records
  with_errors,   ///< a day's: some records are such as must be rejected
  other_levels,  ///< a day's: some records tell another level of the user
  other_times,   ///< a day's: some plays have another time
  other_title,   ///< a song's
};

std::string_view to_string(FileForm form);

/// When a file comes, and as what.
struct FilePlan {
  struct Version {
    std::int32_t delivery = 1;  ///< from 1
    FileForm form = FileForm::right;
  };
  struct Arrival {
    int version = 1;
    FileForm form = FileForm::right;
  };
  std::optional<FaultKind> fault;
  Version first;
  std::optional<Version> second;  ///< of a changed_object
  Utf16 utf16 = Utf16::little;    ///< of a file with that fault

  /// What comes in a delivery, if something does.
  std::optional<Arrival> arrival_in(std::int32_t delivery) const;
};

/// Which file comes in which delivery. Depends on the options alone; safe from several threads.
class DeliveryPlan {
 public:
  /// `deliveries` is from 1 to `days`.
  DeliveryPlan(std::uint64_t seed, const FaultRates& rates, std::int32_t deliveries,
               std::int32_t days);

  /// Days come in as many parts as there are deliveries, one after another.
  FilePlan log_file(std::int32_t day_no) const;
  /// Songs come in the first delivery.
  FilePlan song_file(std::int32_t song_no) const;

 private:
  FilePlan plan(Random& random, std::int32_t due, FaultKind late) const;

  const std::uint64_t seed_;
  const FaultDraw faults_;
  const std::int32_t deliveries_;
  const std::int32_t days_;
};

}  // namespace sparkify
