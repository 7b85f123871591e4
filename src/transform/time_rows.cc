#include "transform/time_rows.h"

#include <algorithm>

#include "transform/time_parts.h"

namespace sparkify {

namespace {
constexpr std::size_t kRowsMax = 32768;  // in one batch
}

Result<bool> TimeRows::next(Batch& batch) {
  batch.clear();
  const std::size_t begin = next_.fetch_add(kRowsMax);
  if (begin >= start_times_.size()) return false;
  const std::size_t end = std::min(begin + kRowsMax, start_times_.size());
  for (std::size_t i = begin; i < end; ++i) add_time_row(batch, start_times_[i]);
  return true;
}

}  // namespace sparkify
