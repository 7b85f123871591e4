#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "record/batch.h"
#include "warehouse/rows.h"

namespace sparkify {

/// One transaction. Leaving without commit rolls back. Errors: `database`, and what a source of
/// staged rows reports.
class Transaction {
 public:
  virtual ~Transaction() = default;
  /// Runs `sql`; several statements only without parameters. Returns how many rows the last one
  /// changed.
  virtual Result<std::int64_t> execute(std::string_view sql, const Values& values = {}) = 0;
  virtual Status read(std::string_view sql, const Values& values, RowVisitor& visitor) = 0;
  /// Adds all rows of `source` to the table its schema names; on several threads.
  virtual Status stage(BatchSource& source) = 0;
  /// After an error of kind `commit_unknown` the ledger has to be asked, on a new connection.
  virtual Status commit() = 0;

  Result<Rows> query(std::string_view sql, const Values& values = {}) {
    Rows rows;
    TRY(read(sql, values, rows));
    return rows;
  }
};

/// A database that holds the tables of the data contract, and one session with it. At most one
/// transaction at a time. Used by one thread, but for `interrupt`.
class Warehouse {
 public:
  virtual ~Warehouse() = default;
  /// The name of its SQL dialect: the file in sql/dialects that its texts are rendered with.
  virtual std::string_view dialect() const = 0;
  /// What to call it in messages; no secrets.
  virtual std::string display_name() const = 0;
  virtual Result<std::unique_ptr<Transaction>> begin() = 0;
  /// Reads outside a transaction.
  virtual Status read(std::string_view sql, const Values& values, RowVisitor& visitor) = 0;
  /// Leaves the session, whatever state it is in, and starts a new one.
  virtual Status reconnect() = 0;
  /// What is good to do once at the end of a run that changed something.
  virtual Status tidy() = 0;
  /// Makes a running statement fail soon. From any thread.
  virtual void interrupt() = 0;

  Result<Rows> query(std::string_view sql, const Values& values = {}) {
    Rows rows;
    TRY(read(sql, values, rows));
    return rows;
  }
};

}  // namespace sparkify
