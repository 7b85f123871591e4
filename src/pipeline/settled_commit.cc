#include "pipeline/settled_commit.h"

#include <fmt/format.h>

#include <chrono>

#include "base/time.h"

namespace sparkify {

namespace {

constexpr std::chrono::milliseconds kAskEvery{100};
constexpr int kQuestionsMax = 300;

/// Asks until the answer is the last word. Errors: nobody could tell.
Result<bool> ask(Warehouse& warehouse, const std::function<Result<bool>()>& took_place) {
  for (int i = 0; i < kQuestionsMax; ++i) {
    // In this order: what is no longer pending shows in the answer that comes after.
    TRY_ASSIGN(const bool is_pending, warehouse.commit_is_pending());
    TRY_ASSIGN(const bool answer, took_place());
    if (answer || !is_pending) return answer;
    sleep_for(kAskEvery);
  }
  return make_error(ErrorKind::commit_unknown, "the commit is still under way");
}

}  // namespace

Status commit_settled(Warehouse& warehouse, std::unique_ptr<Transaction> transaction,
                      const std::function<Result<bool>()>& took_place) {
  const Status committed = transaction->commit();
  if (committed.ok() || committed.error().kind != ErrorKind::commit_unknown) return committed;
  transaction.reset();
  const std::string& why = committed.error().message;
  const Status reopened = warehouse.reconnect();
  const auto answer = reopened.ok() ? ask(warehouse, took_place) : Result<bool>(reopened.error());
  if (answer.ok() && *answer) return {};
  if (answer.ok()) {
    return make_error(ErrorKind::database, fmt::format("{}; this step was not committed", why));
  }
  return make_error(ErrorKind::commit_unknown,
                    fmt::format("{}; whether this step was committed is unknown, as the warehouse "
                                "cannot be asked. `sparkify status` will tell; running again does "
                                "what is left",
                                why));
}

}  // namespace sparkify
