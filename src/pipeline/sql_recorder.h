#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sql/sql_library.h"
#include "warehouse/warehouse.h"

namespace sparkify {

/// Stands in a warehouse's place, does nothing, and writes down every statement that the warehouse
/// would be sent; for --dry-run --sql. Reading gives what `answer_with` was told, else zeros or no
/// rows; staging takes all rows.
class SqlRecorder : public Warehouse {
 public:
  /// What it is given must outlive it. `like` is asked for its own statements only.
  SqlRecorder(const Warehouse& like, const SqlLibrary& sql);

  std::string_view dialect() const override { return like_.dialect(); }
  std::string display_name() const override { return like_.display_name(); }
  Result<std::unique_ptr<Transaction>> begin() override;
  Result<std::unique_ptr<Transaction>> begin_group() override;
  bool reads_objects() const override { return like_.reads_objects(); }
  bool can_read(const ObjectInfo& object) const override { return like_.can_read(object); }
  Status read(std::string_view sql, const Values& values, RowVisitor& visitor) override;
  Status reconnect() override { return {}; }
  Status tidy() override;
  void interrupt() override {}

  /// What the query `sql` gives: one row of numbers.
  void answer_with(std::string_view sql, const std::vector<std::int64_t>& numbers);

  /// In their order; parameters stand in a comment before their statement.
  std::vector<std::string> take_statements() { return std::move(statements_); }

  void record(std::string_view sql, const Values& values = {});
  void record_all(const std::vector<std::string>& statements);
  Status answer(std::string_view sql, RowVisitor& visitor) const;
  Status record_stage(BatchSource& source);
  Result<OwnReading> record_reading(DataKind kind, std::span<const ObjectInfo> objects);
  void record_commit() { record(sql_.get("session/commit")); }

 private:
  const Warehouse& like_;
  const SqlLibrary& sql_;
  const WarehouseScript script_;
  std::map<std::string, Row, std::less<>> answers_;  ///< by query
  std::vector<std::string> statements_;
};

}  // namespace sparkify
