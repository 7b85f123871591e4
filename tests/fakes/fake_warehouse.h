#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "warehouse/warehouse.h"

namespace sparkify {

/// A warehouse that says what a test tells it to say; nothing is kept.
class FakeWarehouse : public Warehouse {
 public:
  std::function<Status(std::string_view sql, RowVisitor& visitor)> on_read =
      [](std::string_view, RowVisitor&) { return Status(); };
  std::function<Result<std::int64_t>(std::string_view sql, const Values& values)> on_execute =
      [](std::string_view, const Values&) { return Result<std::int64_t>(1); };
  std::function<Status()> on_commit = [] { return Status(); };
  std::function<Status()> on_reconnect = [] { return Status(); };
  std::function<Result<bool>()> on_pending = []() -> Result<bool> { return false; };
  std::function<void()> on_interrupt = [] {};
  int reconnects = 0;

  class FakeTransaction : public Transaction {
   public:
    explicit FakeTransaction(FakeWarehouse& warehouse) : warehouse_(warehouse) {}
    Result<std::int64_t> execute(std::string_view sql, const Values& values) override {
      return warehouse_.on_execute(sql, values);
    }
    Status read(std::string_view sql, const Values& /*values*/, RowVisitor& visitor) override {
      return warehouse_.on_read(sql, visitor);
    }
    Status stage(BatchSource& /*source*/) override { return {}; }
    Status commit() override { return warehouse_.on_commit(); }

   private:
    FakeWarehouse& warehouse_;
  };

  std::string_view dialect() const override { return "duckdb"; }
  std::string display_name() const override { return "fake:"; }
  Result<std::unique_ptr<Transaction>> begin() override {
    return std::unique_ptr<Transaction>(std::make_unique<FakeTransaction>(*this));
  }
  Result<std::unique_ptr<Transaction>> begin_group() override { return begin(); }
  Status read(std::string_view sql, const Values& /*values*/, RowVisitor& visitor) override {
    return on_read(sql, visitor);
  }
  Status reconnect() override {
    ++reconnects;
    return on_reconnect();
  }
  Result<bool> commit_is_pending() override { return on_pending(); }
  Status tidy() override { return {}; }
  void interrupt() override { on_interrupt(); }
};

}  // namespace sparkify
