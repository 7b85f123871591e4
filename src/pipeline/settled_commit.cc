#include "pipeline/settled_commit.h"

#include <fmt/format.h>

namespace sparkify {

Status commit_settled(Warehouse& warehouse, std::unique_ptr<Transaction> transaction,
                      const std::function<Result<bool>()>& took_place) {
  const Status committed = transaction->commit();
  if (committed.ok() || committed.error().kind != ErrorKind::commit_unknown) return committed;
  transaction.reset();
  const std::string& why = committed.error().message;
  const Status reopened = warehouse.reconnect();
  if (reopened.ok()) {
    const auto answer = took_place();
    if (answer.ok() && *answer) return {};
    if (answer.ok()) {
      return make_error(ErrorKind::database, fmt::format("{}; this step was not committed", why));
    }
  }
  return make_error(ErrorKind::commit_unknown,
                    fmt::format("{}; whether this step was committed is unknown, as the warehouse "
                                "cannot be asked. `sparkify status` will tell; running again does "
                                "what is left",
                                why));
}

}  // namespace sparkify
