#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "record/batch.h"

namespace sparkify {

/// Rows of the table time, made of start times on the threads that ask for them.
class TimeRows : public BatchSource {
 public:
  /// In microseconds since 1970, each once.
  explicit TimeRows(std::vector<std::int64_t> start_times) : start_times_(std::move(start_times)) {}
  const TableSchema& schema() const override { return time_schema(); }
  Result<bool> next(Batch& batch) override;

 private:
  const std::vector<std::int64_t> start_times_;
  std::atomic<std::size_t> next_ = 0;
};

}  // namespace sparkify
