#include "warehouse/libpq/session_warehouse.h"

#include <fmt/format.h>

#include <utility>

#include "base/utf8.h"

namespace sparkify::libpq {

namespace {

constexpr std::size_t kSchemaBytesMax = 63;
constexpr std::string_view kDefaultSchema = "public";
constexpr std::string_view kUsersSchema = "$user";  // a search path takes it for another

class SessionTransaction : public Transaction {
 public:
  explicit SessionTransaction(SessionWarehouse& warehouse) : warehouse_(warehouse) {}
  ~SessionTransaction() override {
    // A failed rollback leaves nothing committed either: the session is lost then.
    if (open_) static_cast<void>(warehouse_.rollback().ok());
  }
  Result<std::int64_t> execute(std::string_view sql, const Values& values) override {
    return warehouse_.leader().execute(sql, values);
  }
  Status read(std::string_view sql, const Values& values, RowVisitor& visitor) override {
    return warehouse_.leader().read(sql, values, visitor);
  }
  Status stage(BatchSource& source) override { return warehouse_.stage(source); }
  Result<OwnReading> stage_objects(DataKind kind, std::span<const ObjectInfo> objects) override {
    return warehouse_.stage_objects(kind, objects);
  }
  Status commit() override {
    const Status committed = warehouse_.commit();
    open_ = !committed.ok();  // rolling back what has ended already does no harm
    return committed;
  }

 private:
  SessionWarehouse& warehouse_;
  bool open_ = true;
};

Status done(const Result<std::int64_t>& result) {
  return result.ok() ? Status() : Status(result.error());
}

}  // namespace

std::string quoted(std::string_view identifier) {
  std::string out = "\"";
  for (const char c : identifier) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

Status SessionWarehouse::run(std::string_view name) {
  return done(leader_->execute(sql_.get(name)));
}

std::string_view SessionWarehouse::own(std::string_view name) const {
  return sql_.get(fmt::format("session/{}/{}", dialect(), name));
}

Status SessionWarehouse::run_own(std::string_view name) {
  return done(leader_->execute(own(name)));
}

std::string SessionWarehouse::options() const {
  const std::string url = "--warehouse " + where_;
  return schema_ == kDefaultSchema ? url : url + " --schema " + printable(schema_);
}

std::optional<Transport> SessionWarehouse::transport() const {
  return Transport{is_local_host(leader_->host()), std::string(leader_->tls_protocol()),
                   sslmode_ == "verify-full", "sslmode=" + printable(sslmode_)};
}

Status SessionWarehouse::expect_schema_name() const {
  if (schema_.empty() || schema_.size() > kSchemaBytesMax) {
    return make_error(ErrorKind::config,
                      "the name of a schema has 1 to 63 bytes; correct --schema");
  }
  if (schema_ == kUsersSchema) {
    return make_error(ErrorKind::config, "no schema can be called $user; correct --schema");
  }
  return {};
}

Status SessionWarehouse::expect_schema(bool is_there, bool may_enter, bool makes) {
  if (is_there && may_enter) return {};
  if (is_there) {
    return make_error(ErrorKind::database,
                      fmt::format("{}: permission denied for schema {}; let its owner grant usage "
                                  "on it to the role {}",
                                  where_, printable(schema_), printable(leader_->role())));
  }
  if (makes) return make_schema();
  return make_error(ErrorKind::database,
                    fmt::format("{}: there is no schema {}; make it with `sparkify create-tables "
                                "--schema {}`",
                                where_, printable(schema_), printable(schema_)));
}

Status SessionWarehouse::make_schema() {
  TRY_ASSIGN(const std::string sql,
             sql_.fill_template("create_schema", {{"schema", quoted(schema_)}}));
  return done(leader_->execute(sql));
}

Status SessionWarehouse::start_access() {
  const bool is_view = access_ == WarehouseAccess::view;
  if (is_view || access_ == WarehouseAccess::sandbox) leader_->expect_user_sql();
  if (is_view) TRY(run_own("limit_reading"));
  // What our own commands read is of one moment, whatever a run commits meanwhile.
  return is_view || access_ == WarehouseAccess::read ? run_own("begin_reading") : Status();
}

Result<std::unique_ptr<Transaction>> SessionWarehouse::begin() {
  if (leader_->is_lost()) TRY(reconnect());
  TRY(run_own("begin"));
  return std::unique_ptr<Transaction>(std::make_unique<SessionTransaction>(*this));
}

Status SessionWarehouse::read(std::string_view sql, const Values& values, RowVisitor& visitor) {
  if (leader_->is_lost()) TRY(reconnect());
  if (access_ == WarehouseAccess::sandbox) return read_apart(sql, values, visitor);
  // Users' statements have no parameters.
  if (access_ == WarehouseAccess::view && values.empty()) TRY(expect_reading(sql));
  return leader_->read(sql, values, visitor);
}

Status SessionWarehouse::read_apart(std::string_view sql, const Values& values,
                                    RowVisitor& visitor) {
  TRY(run_own("begin_reading"));
  Status status = expect_reading(sql);
  if (status.ok()) status = leader_->read(sql, values, visitor);
  const Status ended = rollback();
  return status.ok() ? ended : status;
}

/// A transaction that is read only may still be left, and settings be set.
Status SessionWarehouse::expect_reading(std::string_view sql) {
  TRY_ASSIGN(const bool gives_rows, leader_->gives_rows(sql));
  if (gives_rows) return {};
  return make_error(ErrorKind::database,
                    fmt::format("{}: only statements that read are allowed here: select, with, "
                                "values, table, show, explain",
                                where_));
}

Status SessionWarehouse::send_commit() {
  const InterruptGate::Shut shut(gate_);
  return leader_->commit(sql_.get("session/commit"));
}

Status SessionWarehouse::rollback() {
  const InterruptGate::Shut shut(gate_);
  return run("session/rollback");
}

void SessionWarehouse::interrupt() {
  gate_.pass([this] {
    leader_->cancel();
    interrupt_others();
  });
}

}  // namespace sparkify::libpq
