#pragma once

// Only for the .cc files of this folder: it brings libpq's header in.

#include <chrono>
#include <optional>
#include <string>

#include "base/result.h"
#include "sql/sql_library.h"
#include "warehouse/libpq/session.h"

namespace sparkify::postgres {

using libpq::Session;

/// Advisory locks that one writing run at a time has in a schema. They belong to sessions: when the
/// connection ends, however it ends, the server lets go.
///
/// The run's first session has the lock. Each further one shares a second lock, which the next run
/// waits for, so that nothing of a dead run is still filling the loading tables.
class RunLock {
 public:
  RunLock(const SqlLibrary& sql, std::string schema) : sql_(sql), schema_(std::move(schema)) {}

  /// Takes the lock for `session`, trying for as long as `patience`; a while longer if its holder
  /// is a process of this host that was killed, as the server may not have noticed yet. Errors:
  /// `locked`, naming who has it; those of Session.
  Status take(Session& session, std::chrono::milliseconds patience) const;
  /// For each further session, before it does anything.
  Status share(Session& session) const;
  /// Who has the lock, for a message; nothing if nobody has.
  Result<std::optional<std::string>> holder(Session& session) const;

 private:
  Status wait_for_loaders(Session& session) const;
  Result<bool> try_once(Session& session, std::string_view name) const;
  struct Holder {
    std::string session_name;
    std::string server_pid;
  };
  Result<std::optional<Holder>> find_holder(Session& session) const;
  static std::string describe(const Holder& holder);
  Error held_by(const Session& session, const std::optional<Holder>& holder) const;

  const SqlLibrary& sql_;
  std::string schema_;
};

}  // namespace sparkify::postgres
