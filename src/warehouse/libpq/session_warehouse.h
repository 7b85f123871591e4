#pragma once

// Only for .cc files, of this folder and of the warehouses that libpq leads to: it brings libpq's
// header in.

#include <memory>
#include <string>
#include <string_view>

#include "sql/sql_library.h"
#include "warehouse/interrupt_gate.h"
#include "warehouse/libpq/session.h"
#include "warehouse/warehouse.h"

namespace sparkify::libpq {

/// What warehouses behind a server have in common: one session leads, it alone changes the tables,
/// and its statements are those of the folder session/DIALECT.
class SessionWarehouse : public Warehouse {
 public:
  std::string display_name() const override { return where_; }
  std::string options() const override;
  std::optional<Transport> transport() const override;
  Result<std::unique_ptr<Transaction>> begin() override;
  Status read(std::string_view sql, const Values& values, RowVisitor& visitor) override;
  void interrupt() override;

  Session& leader() { return *leader_; }
  /// The steps of a transaction of ours.
  virtual Status stage(BatchSource& source) = 0;
  virtual Result<OwnReading> stage_objects(DataKind /*kind*/,
                                           std::span<const ObjectInfo> /*objects*/) {
    return make_error(ErrorKind::internal, where_ + ": reads no objects by itself");
  }
  virtual Status commit() = 0;
  Status rollback();

 protected:
  SessionWarehouse(SqlLibrary sql, WarehouseAccess access, std::string schema)
      : sql_(std::move(sql)), access_(access), schema_(std::move(schema)) {}

  /// Runs the statements of the file `name`; of the folder session/DIALECT.
  Status run(std::string_view name);
  Status run_own(std::string_view name);
  std::string_view own(std::string_view name) const;
  Status expect_schema_name() const;
  /// `makes`: whether one that is not there is made.
  Status expect_schema(bool is_there, bool may_enter, bool makes);
  /// After connecting: what the access asks for.
  Status start_access();
  Status make_schema();
  /// As Session::commit, and no interrupt gets between.
  Status send_commit();
  /// Also ends what further sessions do.
  virtual void interrupt_others() {}
  bool writes() const { return access_ == WarehouseAccess::write; }
  const std::string& schema() const { return schema_; }

  SqlLibrary sql_;
  std::string where_;
  std::string sslmode_;  ///< in force
  std::unique_ptr<Session> leader_;
  InterruptGate gate_;

 private:
  /// In a transaction of its own.
  Status read_apart(std::string_view sql, const Values& values, RowVisitor& visitor);
  Status expect_reading(std::string_view sql);

  WarehouseAccess access_;
  std::string schema_;
};

/// An identifier, quoted.
std::string quoted(std::string_view identifier);

}  // namespace sparkify::libpq
