#include "warehouse/duckdb/staging_function.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace sparkify::duck {

namespace {

constexpr std::uint8_t kDecimalWidth = 12;
constexpr std::uint8_t kDecimalScale = 5;

LogicalType logical_type(ColumnType type) {
  switch (type) {
    case ColumnType::int32:
      return LogicalType(duckdb_create_logical_type(DUCKDB_TYPE_INTEGER));
    case ColumnType::int64:
      return LogicalType(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
    case ColumnType::float64:
      return LogicalType(duckdb_create_logical_type(DUCKDB_TYPE_DOUBLE));
    case ColumnType::decimal5:
      return LogicalType(duckdb_create_decimal_type(kDecimalWidth, kDecimalScale));
    case ColumnType::timestamp:
      return LogicalType(duckdb_create_logical_type(DUCKDB_TYPE_TIMESTAMP));
    case ColumnType::text:
      return LogicalType(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
  }
  SPARKIFY_ASSERT(false);
}

/// Copies rows [from, from + count) of `column` into `vector` at `to`.
void copy_column(const Column& column, ColumnType type, std::size_t from, std::size_t count,
                 duckdb_vector vector, std::size_t to) {
  void* data = duckdb_vector_get_data(vector);
  switch (type) {
    case ColumnType::int32: {
      auto* out = static_cast<std::int32_t*>(data) + to;
      for (std::size_t i = 0; i < count; ++i) {
        out[i] = static_cast<std::int32_t>(column.integers[from + i]);
      }
      break;
    }
    case ColumnType::int64:
    case ColumnType::decimal5:  // DECIMAL(12,5) is kept in 64 bits
    case ColumnType::timestamp:
      std::memcpy(static_cast<std::int64_t*>(data) + to, column.integers.data() + from,
                  count * sizeof(std::int64_t));
      break;
    case ColumnType::float64:
      std::memcpy(static_cast<double*>(data) + to, column.doubles.data() + from,
                  count * sizeof(double));
      break;
    case ColumnType::text:
      // Every text is known to be UTF-8; the checking call would look at each byte again.
      for (std::size_t i = 0; i < count; ++i) {
        const std::string_view text = column.texts[from + i];
        if (column.valid[from + i] == 0) continue;
        duckdb_unsafe_vector_assign_string_element_len(vector, to + i, text.data(), text.size());
      }
      break;
  }
  if (std::memchr(column.valid.data() + from, 0, count) == nullptr) return;
  duckdb_vector_ensure_validity_writable(vector);
  std::uint64_t* validity = duckdb_vector_get_validity(vector);
  for (std::size_t i = 0; i < count; ++i) {
    if (column.valid[from + i] == 0) duckdb_validity_set_row_invalid(validity, to + i);
  }
}

}  // namespace

/// One thread's batch, and how much of it is handed over.
struct StagingFunction::LocalState {
  Batch batch;
  std::size_t next_row = 0;
};

Status StagingFunction::register_in(duckdb_connection connection, std::size_t threads) {
  threads_ = threads;
  TableFunction function(duckdb_create_table_function());
  duckdb_table_function_set_name(function.get(), kName);
  duckdb_table_function_set_extra_info(function.get(), this, nullptr);
  duckdb_table_function_set_bind(function.get(), bind);
  duckdb_table_function_set_init(function.get(), init);
  duckdb_table_function_set_local_init(function.get(), local_init);
  duckdb_table_function_set_function(function.get(), run);
  if (duckdb_register_table_function(connection, function.get()) != DuckDBSuccess) {
    return make_error(ErrorKind::database, "DuckDB refused the staging function");
  }
  return {};
}

void StagingFunction::set_source(BatchSource* source) {
  source_ = source;
  error_.reset();
}

std::optional<Error> StagingFunction::take_error() {
  const std::lock_guard lock(mutex_);
  return std::exchange(error_, std::nullopt);
}

void StagingFunction::bind(duckdb_bind_info info) {
  const auto* self = static_cast<StagingFunction*>(duckdb_bind_get_extra_info(info));
  if (self->source_ == nullptr) {
    duckdb_bind_set_error(info, "sparkify_rows() works only while sparkify stages");
    return;
  }
  for (const ColumnSchema& column : self->source_->schema().columns) {
    const LogicalType type = logical_type(column.type);
    duckdb_bind_add_result_column(info, std::string(column.name).c_str(), type.get());
  }
}

void StagingFunction::init(duckdb_init_info info) {
  const auto* self = static_cast<StagingFunction*>(duckdb_init_get_extra_info(info));
  duckdb_init_set_max_threads(info, self->threads_);
}

void StagingFunction::local_init(duckdb_init_info info) {
  const auto* self = static_cast<StagingFunction*>(duckdb_init_get_extra_info(info));
  auto state = std::make_unique<LocalState>();
  state->batch = Batch(self->source_->schema());
  duckdb_init_set_init_data(info, state.release(),
                            [](void* raw) { delete static_cast<LocalState*>(raw); });
}

bool StagingFunction::refill(LocalState& state, duckdb_function_info info) {
  state.next_row = 0;
  auto more = source_->next(state.batch);
  if (!more.ok()) {
    state.batch.clear();
    duckdb_function_set_error(info, more.error().message.c_str());
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(more).error();
    return false;
  }
  if (!*more) state.batch.clear();
  return *more;
}

void StagingFunction::run(duckdb_function_info info, duckdb_data_chunk output) {
  auto* self = static_cast<StagingFunction*>(duckdb_function_get_extra_info(info));
  auto* state = static_cast<LocalState*>(duckdb_function_get_local_init_data(info));
  const std::size_t capacity = duckdb_vector_size();
  const auto& columns = self->source_->schema().columns;
  std::size_t filled = 0;
  // A vector is filled across batches: half-empty vectors cost DuckDB as much as full ones.
  while (filled < capacity) {
    if (state->next_row == state->batch.row_count() && !self->refill(*state, info)) break;
    const std::size_t count =
        std::min(capacity - filled, state->batch.row_count() - state->next_row);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      copy_column(state->batch.column(i), columns[i].type, state->next_row, count,
                  duckdb_data_chunk_get_vector(output, i), filled);
    }
    state->next_row += count;
    filled += count;
  }
  duckdb_data_chunk_set_size(output, filled);
}

}  // namespace sparkify::duck
