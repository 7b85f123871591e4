#pragma once

// Only for the .cc files of this folder: it brings libpq's header in.

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "record/batch.h"
#include "warehouse/libpq/session.h"

namespace sparkify::postgres {

using libpq::Session;

/// Copies all rows of `source` through `session` as one COPY. They are made on `threads` threads,
/// this one among them. On an error nothing of it stays.
Status copy_rows(Session& session, std::string_view copy_sql, BatchSource& source,
                 std::size_t threads);

/// Connections that fill one table together, each by a COPY of its own that commits by itself.
class CopyCrew {
 public:
  using Connect = std::function<Result<std::unique_ptr<Session>>()>;

  /// `connect` opens one more session; `sessions_max`: how many there may be.
  CopyCrew(Connect connect, std::size_t sessions_max)
      : connect_(std::move(connect)), sessions_max_(sessions_max) {}

  /// Each session copies what it gets of `source` until there is no more. On an error the rows of
  /// some may be there: the table has to be emptied. As few as one session will do, if the server
  /// has no more; none is an error.
  Status copy(std::string_view copy_sql, BatchSource& source);
  /// One of the sessions, while none copies.
  Result<Session*> first();
  /// Makes what runs fail soon. From any thread.
  void cancel();
  void disconnect();

 private:
  Status gather();

  Connect connect_;
  std::size_t sessions_max_;
  bool is_complete_ = false;
  std::mutex mutex_;  ///< guards sessions_ against `cancel`
  std::vector<std::unique_ptr<Session>> sessions_;
};

}  // namespace sparkify::postgres
