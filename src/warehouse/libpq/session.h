#pragma once

// Only for .cc files, of this folder and of the warehouses that libpq leads to: it brings libpq's
// header in.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "warehouse/libpq/connection_options.h"
#include "warehouse/libpq/libpq_handles.h"
#include "warehouse/libpq/server_error.h"
#include "warehouse/rows.h"

namespace sparkify::libpq {

/// One connection to a server. Used by one thread at a time, but for `cancel`.
///
/// Errors of every call: `conflict` and `database`, as server_error.h says; a connection that was
/// lost is `database`, and the session `is_lost` from then on.
class Session {
 public:
  /// `parameters`: libpq's, the password among them. `where`: the address for messages.
  static Result<std::unique_ptr<Session>> connect(const Parameters& parameters, std::string where,
                                                  Product product = Product::postgres);

  /// Runs `sql`; several statements only without parameters. Returns how many rows the last one
  /// changed.
  Result<std::int64_t> execute(std::string_view sql, const Values& values = {});
  /// Hands the rows of one statement to `visitor` as they come.
  Status read(std::string_view sql, const Values& values, RowVisitor& visitor);
  Result<Rows> query(std::string_view sql, const Values& values = {});
  /// Whether `sql` is one statement that gives rows; it is not run. Errors: also several
  /// statements.
  Result<bool> gives_rows(std::string_view sql);
  /// The commit itself. Errors: `commit_unknown`, when no answer came; else nothing was committed.
  Status commit(std::string_view sql);

  /// COPY ... FROM STDIN: begin, then bytes, then either end or abandon.
  Status begin_copy(std::string_view sql);
  Status put_copy(std::string_view bytes);
  /// Returns how many rows the server took.
  Result<std::int64_t> end_copy();
  /// Nothing of it stays. Does not fail: a session that cannot say so is lost.
  void abandon_copy();

  /// From here on statements are a user's: what our own SQL would need done is no advice for them.
  void expect_user_sql() { is_user_sql_ = true; }
  /// Makes the running statement fail soon. From any thread.
  void cancel() const;
  bool is_lost() const { return PQstatus(connection_.get()) != CONNECTION_OK; }
  /// Also of a session that is lost.
  int backend_pid() const { return backend_pid_; }
  std::string_view host() const { return PQhost(connection_.get()); }
  /// Such as `TLSv1.3`; empty if nothing is encrypted.
  std::string_view tls_protocol() const;
  std::string_view role() const { return PQuser(connection_.get()); }
  const std::string& where() const { return where_; }

 private:
  Session(ConnectionHandle connection, std::string where, Product product);

  ResultHandle run(std::string_view sql, const Values& values);
  bool send(std::string_view sql, const Values& values);
  Status read_rows(RowVisitor& visitor);
  void drain();
  Error error_of(const PGresult* result) const;
  Error lost(std::string_view while_doing) const;

  ConnectionHandle connection_;
  CancelHandle cancel_;
  std::string where_;
  Product product_;
  int backend_pid_;
  bool is_user_sql_ = false;
};

/// Every parameter that a connection with `parameters` would have: libpq's defaults, environment
/// and service file applied. Errors: `config`, in libpq's words.
Result<Parameters> effective_parameters(const Parameters& parameters);

}  // namespace sparkify::libpq
