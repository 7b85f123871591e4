#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <utility>

#include "base/result.h"
#include "record/batch.h"
#include "warehouse/rows.h"

namespace sparkify::redshift {

/// Rows that are few enough for statements: a COPY takes seconds, however little it loads.
struct FewRows {
  std::list<Batch> batches;
  std::size_t count = 0;
  bool are_all = false;  ///< the source has no more
};

/// Takes rows of `source` until it has no more, or there are more than a statement should carry
/// (1,000, or 1 MiB of text). Errors: the source's.
Result<FewRows> take_few_rows(BatchSource& source);

/// What stands behind `values`, and its parameters.
struct RowValues {
  std::string text;  ///< `(cast($1 as bigint), ...), (...)`
  Values parameters;
};

RowValues values_of(const Batch& batch, std::size_t first_row, std::size_t row_count);

/// At most so many rows of a table in one statement: Redshift takes 32,767 parameters.
std::size_t rows_in_statement(const TableSchema& schema);

/// Gives what was taken first, then the rest of a source.
class TakenUpSource : public BatchSource {
 public:
  TakenUpSource(std::list<Batch> taken, BatchSource& rest)
      : taken_(std::move(taken)), rest_(rest) {}
  const TableSchema& schema() const override { return rest_.schema(); }
  Result<bool> next(Batch& batch) override;

 private:
  std::mutex mutex_;
  std::list<Batch> taken_;
  BatchSource& rest_;
};

}  // namespace sparkify::redshift
