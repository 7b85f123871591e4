#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "record/batch.h"
#include "record/object_info.h"
#include "warehouse/rows.h"

namespace sparkify {

/// What came of a warehouse's reading a group's objects by itself.
struct OwnReading {
  std::vector<std::int64_t> records;  ///< of each object, in the order given; all are staged
  /// Not empty: what only our decoder can judge, such as a record that would be a reject. What was
  /// staged must not stay.
  std::string oddity;
};

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
  /// Lets the warehouse itself read objects of one kind, all of which it `can_read`, into its
  /// staging table. The rows' places (object_no, record_no) are not theirs in the source.
  virtual Result<OwnReading> stage_objects(DataKind kind, std::span<const ObjectInfo> objects);
  /// After an error of kind `commit_unknown` the ledger has to be asked, on a new connection.
  virtual Status commit() = 0;

  Result<Rows> query(std::string_view sql, const Values& values = {}) {
    Rows rows;
    TRY(read(sql, values, rows));
    return rows;
  }
};

/// What a warehouse is opened for.
enum class WarehouseAccess {
  write,    ///< makes tables or loads them
  read,     ///< our own reading
  sandbox,  ///< a user's SQL: one statement that reads, and nothing beside the tables
  view,     ///< as sandbox, but many statements, of one moment; a run never waits for it
};

/// How what goes to a server and comes from it is protected on its way.
struct Transport {
  bool is_local = false;     ///< the server is on this machine
  std::string protocol;      ///< such as `TLSv1.3`; empty: nothing is encrypted
  bool is_verified = false;  ///< it is known that the server is the one that was meant
  std::string terms;         ///< what was asked for: `sslmode=require`
};

/// The statements that a warehouse's own doings consist of, for those who want to read beforehand
/// what a run would send. Those of `begin` come with every transaction.
struct WarehouseScript {
  std::vector<std::string> session;
  std::vector<std::string> before_group;
  std::vector<std::string> begin;
  std::vector<std::string> group;
  std::vector<std::string> tidy;
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
  /// The options that lead to it, for advice.
  virtual std::string options() const { return "--warehouse " + display_name(); }
  /// Nothing where no server is.
  virtual std::optional<Transport> transport() const { return std::nullopt; }
  /// Who is writing now, for a message; nothing if nobody is, or if that cannot be told.
  virtual Result<std::optional<std::string>> writer() { return std::optional<std::string>(); }
  virtual Result<std::unique_ptr<Transaction>> begin() = 0;
  /// Begins a group's transaction: its staging tables (loading_*, play_faults) are there, empty.
  virtual Result<std::unique_ptr<Transaction>> begin_group() = 0;
  virtual WarehouseScript script() const { return {}; }
  /// What `Transaction::stage` sends for a table; how often depends on the rows.
  virtual Result<std::string> stage_statement(const TableSchema& /*schema*/) const {
    return std::string();
  }
  /// Whether it can read source objects by itself, and that one. See Transaction::stage_objects.
  virtual bool reads_objects() const { return false; }
  virtual bool can_read(const ObjectInfo& /*object*/) const { return false; }
  /// What `stage_objects` sends for such objects.
  virtual Result<std::vector<std::string>> reading_statements(
      DataKind /*kind*/, std::span<const ObjectInfo> /*objects*/) const {
    return std::vector<std::string>();
  }
  /// Reads outside a transaction.
  virtual Status read(std::string_view sql, const Values& values, RowVisitor& visitor) = 0;
  /// Whether rows are best put straight into the star's tables, by `Transaction::stage`, where that
  /// is possible; else they are staged and selected.
  virtual bool prefers_straight_rows() const { return false; }
  /// Reads what is committed, also while a transaction is open.
  virtual Status read_committed(std::string_view sql, const Values& values, RowVisitor& visitor) {
    return read(sql, values, visitor);
  }
  /// Leaves the session, whatever state it is in, and starts a new one.
  virtual Status reconnect() = 0;
  /// Another one when a session was lost, and with it what kept other runs out: what was read of
  /// the tables before may have changed.
  virtual std::int64_t session_number() const { return 0; }
  /// After `reconnect`: whether the commit that had no answer may still be under way, so that what
  /// the tables show is not the last word.
  virtual Result<bool> commit_is_pending() { return false; }
  /// What is good to do once at the end of a run that changed something.
  virtual Status tidy() = 0;
  /// Makes a running statement fail soon, but for a commit. From any thread.
  virtual void interrupt() = 0;

  Result<Rows> query(std::string_view sql, const Values& values = {}) {
    Rows rows;
    TRY(read(sql, values, rows));
    return rows;
  }
};

inline Result<OwnReading> Transaction::stage_objects(DataKind /*kind*/,
                                                     std::span<const ObjectInfo> /*objects*/) {
  return make_error(ErrorKind::internal, "this warehouse reads no objects by itself");
}

}  // namespace sparkify
