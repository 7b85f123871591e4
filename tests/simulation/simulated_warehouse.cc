#include "simulated_warehouse.h"

#include <utility>

namespace sparkify::simulation {

namespace {

Error refused(const std::string& what) {
  return make_error(ErrorKind::database, what + ": the warehouse failed");
}

/// The first words, for the journal.
std::string start_of(std::string_view sql) {
  while (sql.starts_with("--")) {
    const std::size_t end = sql.find('\n');
    if (end == sql.npos) break;
    sql.remove_prefix(end + 1);
  }
  constexpr std::size_t kShownBytes = 40;
  std::string start(sql.substr(0, kShownBytes));
  for (char& c : start) {
    if (c == '\n') c = ' ';
  }
  return start;
}

}  // namespace

class SimulatedWarehouse::SimulatedTransaction : public Transaction {
 public:
  SimulatedTransaction(SimulatedWarehouse& warehouse, std::unique_ptr<Transaction> inner)
      : warehouse_(warehouse), inner_(std::move(inner)) {}

  Result<std::int64_t> execute(std::string_view sql, const Values& values) override {
    TRY(warehouse_.call("execute " + start_of(sql), true));
    return inner_->execute(sql, values);
  }
  Status read(std::string_view sql, const Values& values, RowVisitor& visitor) override {
    TRY(warehouse_.call("read " + start_of(sql), true));
    return inner_->read(sql, values, visitor);
  }
  Status stage(BatchSource& source) override {
    TRY(warehouse_.call("stage " + std::string(source.schema().name), true));
    TRY(inner_->stage(source));
    return warehouse_.call("staged " + std::string(source.schema().name), true);
  }
  Status commit() override { return warehouse_.commit(std::move(inner_)); }

 private:
  SimulatedWarehouse& warehouse_;
  std::unique_ptr<Transaction> inner_;
};

Result<std::unique_ptr<Transaction>> SimulatedWarehouse::begin(bool is_group) {
  TRY(call("begin", true));
  if (pending_) return refused("begin while the last commit is under way");
  TRY_ASSIGN(auto inner, is_group ? inner_.begin_group() : inner_.begin());
  return std::unique_ptr<Transaction>(
      std::make_unique<SimulatedTransaction>(*this, std::move(inner)));
}

Status SimulatedWarehouse::expect_alive() const {
  return has_crashed_ ? Status(refused("after the crash")) : Status();
}

Status SimulatedWarehouse::crash() {
  has_crashed_ = true;
  return refused("crash");
}

/// Every call but a commit comes by here.
Status SimulatedWarehouse::call(const std::string& what, bool may_conflict) {
  TRY(expect_alive());
  const std::vector<Fault> possible = {Fault::refused, Fault::conflict,  Fault::crash,
                                       Fault::crash,   Fault::stop,      Fault::change,
                                       Fault::change,  Fault::clock_jump};
  switch (faults_.draw(what, possible)) {
    case Fault::refused:
      return refused(what);
    case Fault::conflict:
      return may_conflict ? make_error(ErrorKind::conflict, what + ": deadlock") : refused(what);
    case Fault::crash:
      return crash();
    default:
      return {};
  }
}

Status SimulatedWarehouse::commit(std::unique_ptr<Transaction> transaction) {
  TRY(expect_alive());
  const std::vector<Fault> possible = {
      Fault::refused,       Fault::conflict,       Fault::commit_lost,    Fault::commit_landed,
      Fault::commit_landed, Fault::commit_pending, Fault::commit_pending, Fault::commit_pending,
      Fault::stop,          Fault::crash};
  // Of all moments this one matters most, so it is tried more often.
  Fault fault = Fault::none;
  for (int i = 0; i < 8 && fault == Fault::none; ++i) fault = faults_.draw("commit", possible);
  const auto no_answer = [] { return make_error(ErrorKind::commit_unknown, "no answer came"); };
  switch (fault) {
    case Fault::refused:
      return refused("commit");
    case Fault::conflict:
      return make_error(ErrorKind::conflict, "commit: serialization failure");
    case Fault::commit_lost:
      return no_answer();
    case Fault::commit_landed:
      TRY(transaction->commit());
      return no_answer();
    case Fault::commit_pending:
      pending_ = std::move(transaction);
      questions_left_ = faults_.random().between(0, 4);
      pending_lands_ = faults_.random().one_in(2);
      return no_answer();
    case Fault::crash:
      if (faults_.random().one_in(2)) TRY(transaction->commit());
      has_crashed_ = true;
      return no_answer();
    default:
      return transaction->commit();
  }
}

void SimulatedWarehouse::decide_pending() {
  if (!pending_) return;
  const auto transaction = std::exchange(pending_, nullptr);
  if (!pending_lands_) return;
  const Status done = transaction->commit();
  SPARKIFY_ASSERT(done.ok());
}

Status SimulatedWarehouse::read(std::string_view sql, const Values& values, RowVisitor& visitor) {
  TRY(call("read " + start_of(sql), false));
  // What a commit under way has written nobody sees.
  return pending_ ? inner_.read_committed(sql, values, visitor) : inner_.read(sql, values, visitor);
}

Status SimulatedWarehouse::read_committed(std::string_view sql, const Values& values,
                                          RowVisitor& visitor) {
  TRY(call("read " + start_of(sql), false));
  return inner_.read_committed(sql, values, visitor);
}

Status SimulatedWarehouse::reconnect() {
  TRY(call("reconnect", false));
  // A commit that is under way goes on without us.
  return {};
}

Result<bool> SimulatedWarehouse::commit_is_pending() {
  TRY(call("is a commit pending", false));
  if (pending_ && questions_left_-- == 0) decide_pending();
  return pending_ != nullptr;
}

Status SimulatedWarehouse::tidy() {
  TRY(call("tidy", false));
  return inner_.tidy();
}

void SimulatedWarehouse::restart() {
  // The server decides what was under way before anybody else comes.
  decide_pending();
  has_crashed_ = false;
}

}  // namespace sparkify::simulation
