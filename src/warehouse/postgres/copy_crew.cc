#include "warehouse/postgres/copy_crew.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/parallel.h"
#include "warehouse/postgres/binary_copy.h"

namespace sparkify::postgres {

namespace {

/// One COPY under way, to which several threads may add.
class RunningCopy {
 public:
  RunningCopy(Session& session, BatchSource& source) : session_(session), source_(source) {}

  /// Makes rows and sends them until there are no more, or `outcome` is over.
  void add_rows(SharedOutcome& outcome) {
    const Status added = try_add_rows(outcome);
    if (!added.ok()) outcome.fail(added.error());
  }

  /// Ends the COPY. Errors: the server's, or that it took another number of rows than it was sent.
  Status finish(const SharedOutcome& outcome) {
    Status done = outcome.status();
    if (done.ok()) done = session_.put_copy(kCopyTrailer);
    if (!done.ok()) {
      session_.abandon_copy();
      return done;
    }
    TRY_ASSIGN(const std::int64_t taken, session_.end_copy());
    if (taken == rows_) return {};
    return make_error(ErrorKind::internal, fmt::format("{}: {} rows were sent and {} arrived",
                                                       session_.where(), rows_, taken));
  }

 private:
  Status try_add_rows(const SharedOutcome& outcome) {
    std::string bytes;
    Batch batch(source_.schema());
    while (!outcome.is_over()) {
      TRY_ASSIGN(const bool more, source_.next(batch));
      if (!more) return {};
      append_copy_rows(batch, bytes);
      const std::lock_guard lock(mutex_);
      TRY(session_.put_copy(bytes));
      rows_ += static_cast<std::int64_t>(batch.row_count());
      bytes.clear();
    }
    return {};
  }

  Session& session_;
  BatchSource& source_;
  std::mutex mutex_;  ///< guards the session and the count
  std::int64_t rows_ = 0;
};

}  // namespace

Status copy_rows(Session& session, std::string_view copy_sql, BatchSource& source,
                 std::size_t threads) {
  TRY(session.begin_copy(copy_sql));
  RunningCopy copy(session, source);
  SharedOutcome outcome;
  const Status begun = session.put_copy(kCopyHeader);
  if (!begun.ok()) outcome.fail(begun.error());
  run_on_threads(threads, [&](std::size_t) { copy.add_rows(outcome); });
  return copy.finish(outcome);
}

Status CopyCrew::gather() {
  const std::lock_guard lock(mutex_);
  std::erase_if(sessions_, [](const auto& session) { return session->is_lost(); });
  if (is_complete_ && !sessions_.empty()) return {};
  while (sessions_.size() < sessions_max_) {
    auto session = connect_();
    if (!session.ok() && sessions_.empty()) return session.error();
    if (!session.ok()) {
      log_info(fmt::format("loading through {} connections instead of {}: {}", sessions_.size(),
                           sessions_max_, session.error().message));
      break;
    }
    sessions_.push_back(std::move(*session));
  }
  is_complete_ = true;
  return {};
}

Result<Session*> CopyCrew::first() {
  TRY(gather());
  return sessions_.front().get();
}

Status CopyCrew::copy(std::string_view copy_sql, BatchSource& source) {
  TRY(gather());
  SharedOutcome outcome;
  run_on_threads(sessions_.size(), [&](std::size_t i) {
    Session& session = *sessions_[i];
    const Status begun = session.begin_copy(copy_sql);
    if (!begun.ok()) return outcome.fail(begun.error());
    RunningCopy copy(session, source);
    const Status headed = session.put_copy(kCopyHeader);
    if (!headed.ok()) outcome.fail(headed.error());
    copy.add_rows(outcome);
    const Status done = copy.finish(outcome);
    if (!done.ok()) outcome.fail(done.error());
  });
  return outcome.status();
}

void CopyCrew::cancel() {
  const std::lock_guard lock(mutex_);
  for (const auto& session : sessions_) session->cancel();
}

void CopyCrew::disconnect() {
  const std::lock_guard lock(mutex_);
  sessions_.clear();
  is_complete_ = false;
}

}  // namespace sparkify::postgres
