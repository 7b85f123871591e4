#include "warehouse/postgres/run_lock.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/utf8.h"
#include "warehouse/libpq/session_name.h"

namespace sparkify::postgres {

using libpq::describe_session;
using libpq::is_of_dead_process;

namespace {

constexpr std::chrono::milliseconds kTryEvery{50};
/// How long the server may take to notice that a run of this host was killed.
constexpr std::chrono::milliseconds kDeadPatience{10'000};
/// A dead run's connections end within the server's keepalives; see session/postgres/start.sql.
constexpr std::chrono::seconds kLoadersPatience{70};

}  // namespace

Result<bool> RunLock::try_once(Session& session, std::string_view name) const {
  TRY_ASSIGN(const Rows rows, session.query(sql_.get(name), {schema_}));
  return rows.at(0, 0).text == "true";
}

Status RunLock::take(Session& session, std::chrono::milliseconds patience) const {
  const auto begin = std::chrono::steady_clock::now();
  while (true) {
    TRY_ASSIGN(const bool is_taken, try_once(session, "session/postgres/try_lock"));
    if (is_taken) return wait_for_loaders(session);
    TRY_ASSIGN(const std::optional<Holder> holder, find_holder(session));
    const bool is_dead = holder && is_of_dead_process(holder->session_name);
    const auto end = begin + (is_dead ? std::max(patience, kDeadPatience) : patience);
    if (std::chrono::steady_clock::now() >= end) return held_by(session, holder);
    std::this_thread::sleep_for(kTryEvery);
  }
}

Status RunLock::wait_for_loaders(Session& session) const {
  const auto deadline = std::chrono::steady_clock::now() + kLoadersPatience;
  while (true) {
    TRY_ASSIGN(const bool is_taken, try_once(session, "session/postgres/try_loading"));
    if (is_taken) break;
    if (std::chrono::steady_clock::now() >= deadline) {
      return make_error(ErrorKind::locked,
                        fmt::format("{}: connections of an earlier run are still loading into the "
                                    "schema {}; try again when they have ended",
                                    session.where(), printable(schema_)));
    }
    std::this_thread::sleep_for(kTryEvery);
  }
  const auto released = session.query(sql_.get("session/postgres/release_loading"), {schema_});
  return released.ok() ? Status() : Status(released.error());
}

Result<std::optional<RunLock::Holder>> RunLock::find_holder(Session& session) const {
  TRY_ASSIGN(const Rows rows, session.query(sql_.get("session/postgres/lock_holder"), {schema_}));
  if (rows.empty()) return std::optional<Holder>();
  return std::optional(Holder{rows.at(0, 0).text, rows.at(0, 1).text});
}

Result<std::optional<std::string>> RunLock::holder(Session& session) const {
  TRY_ASSIGN(const std::optional<Holder> found, find_holder(session));
  return found ? std::optional(describe(*found)) : std::nullopt;
}

std::string RunLock::describe(const Holder& holder) {
  return fmt::format("{} (the server's process {})", describe_session(holder.session_name),
                     printable(holder.server_pid));
}

Error RunLock::held_by(const Session& session, const std::optional<Holder>& holder) const {
  std::string who = "a session that cannot be seen";
  if (holder) {
    who = describe(*holder);
  }
  return make_error(ErrorKind::locked,
                    fmt::format("{}: the schema {} is held by {}; try again when it has ended",
                                session.where(), printable(schema_), who));
}

Status RunLock::share(Session& session) const {
  const auto shared = session.query(sql_.get("session/postgres/share_loading"), {schema_});
  return shared.ok() ? Status() : Status(shared.error());
}

}  // namespace sparkify::postgres
