#pragma once

#include <memory>
#include <optional>
#include <string>

#include "fault_plan.h"
#include "warehouse/warehouse.h"

namespace sparkify::simulation {

/// A real warehouse behind which calls fail, commits get no answer and the connection is lost, at
/// the moments that the plan draws.
class SimulatedWarehouse : public Warehouse {
 public:
  SimulatedWarehouse(Warehouse& inner, FaultPlan& faults) : inner_(inner), faults_(faults) {}

  /// As if the program was started anew: a crash is over, and what was not committed is gone.
  void restart();
  bool has_crashed() const { return has_crashed_; }

  std::string_view dialect() const override { return inner_.dialect(); }
  std::string display_name() const override { return inner_.display_name(); }
  Result<std::unique_ptr<Transaction>> begin() override { return begin(false); }
  Result<std::unique_ptr<Transaction>> begin_group() override { return begin(true); }
  Status read(std::string_view sql, const Values& values, RowVisitor& visitor) override;
  bool prefers_straight_rows() const override { return inner_.prefers_straight_rows(); }
  Status read_committed(std::string_view sql, const Values& values, RowVisitor& visitor) override;
  Status reconnect() override;
  Result<bool> commit_is_pending() override;
  Status tidy() override;
  /// Calls come from a thread that looks at the clock, so nothing happens here: what a stop request
  /// interrupts is drawn at the next call.
  void interrupt() override {}

 private:
  class SimulatedTransaction;

  Result<std::unique_ptr<Transaction>> begin(bool is_group);
  Status expect_alive() const;
  Status call(const std::string& what, bool may_conflict);
  Status commit(std::unique_ptr<Transaction> transaction);
  Status crash();
  void decide_pending();

  Warehouse& inner_;
  FaultPlan& faults_;
  bool has_crashed_ = false;
  /// A commit without an answer: it still is to be done, or not, after so many questions.
  std::unique_ptr<Transaction> pending_;
  std::size_t questions_left_ = 0;
  bool pending_lands_ = false;
};

}  // namespace sparkify::simulation
