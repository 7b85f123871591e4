#include "warehouse/postgres/postgres_warehouse.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/utf8.h"
#include "sql/sql_library.h"
#include "warehouse/libpq/connection_options.h"
#include "warehouse/libpq/session.h"
#include "warehouse/libpq/session_name.h"
#include "warehouse/libpq/session_warehouse.h"
#include "warehouse/postgres/binary_copy.h"
#include "warehouse/postgres/copy_crew.h"
#include "warehouse/postgres/run_lock.h"

namespace sparkify {

namespace postgres {

using libpq::ConnectionRequest;
using libpq::default_sslmode;
using libpq::display_address;
using libpq::effective_parameters;
using libpq::Parameters;
using libpq::parse_url;
using libpq::session_name;
using libpq::SessionWarehouse;
using libpq::weak_tls_warning;

namespace {

constexpr int kOldestServer = 130000;
constexpr std::string_view kConnectTimeoutSeconds = "15";
constexpr std::chrono::milliseconds kNoPatience{0};
/// After a connection was lost, the server's part of it may live on for a moment.
constexpr std::chrono::seconds kShortPatience{2};
constexpr std::chrono::seconds kLongPatience{30};
constexpr const char* kLoadingPrefix = "etl_";  // as the dialect's macro `loading`

/// Whether several sessions fill the table.
bool is_shared(const TableSchema& schema) {
  return &schema == &staging_events_schema() || &schema == &staging_songs_schema();
}

class PostgresWarehouse : public SessionWarehouse {
 public:
  PostgresWarehouse(PostgresOptions options, SqlLibrary sql)
      : SessionWarehouse(std::move(sql), options.access, options.schema),
        options_(std::move(options)),
        lock_(sql_, options_.schema),
        crew_([this] { return connect_loader(); }, options_.connections) {}

  Status open();
  std::string_view dialect() const override { return "postgres"; }
  Result<std::optional<std::string>> writer() override { return lock_.holder(*leader_); }
  Result<std::unique_ptr<Transaction>> begin_group() override;
  bool prefers_straight_rows() const override { return true; }
  Status read_committed(std::string_view sql, const Values& values, RowVisitor& visitor) override;
  WarehouseScript script() const override;
  Result<std::string> stage_statement(const TableSchema& schema) const override;
  Status reconnect() override;
  std::int64_t session_number() const override { return session_number_; }
  Result<bool> commit_is_pending() override;
  Status tidy() override;
  Status stage(BatchSource& source) override;
  Status commit() override;

 private:
  Result<Parameters> parameters() const;
  Result<std::unique_ptr<Session>> connect() const;
  Result<std::unique_ptr<Session>> connect_loader() const;
  Status set_up(Session& session) const;
  Status connect_leader();
  Status expect_server();
  void interrupt_others() override { crew_.cancel(); }

  PostgresOptions options_;
  RunLock lock_;
  Parameters parameters_;
  CopyCrew crew_;
  std::int64_t session_number_ = 0;
  std::string pending_transaction_;  ///< whose commit had no answer
};

Result<Parameters> PostgresWarehouse::parameters() const {
  TRY_ASSIGN(const Parameters asked, parse_url(options_.url));
  Parameters wanted = asked;
  wanted["client_encoding"] = "UTF8";
  wanted["application_name"] = session_name();
  wanted.try_emplace("connect_timeout", kConnectTimeoutSeconds);
  if (!options_.password.empty()) wanted["password"] = options_.password.reveal();
  TRY_ASSIGN(const Parameters effective, effective_parameters(wanted));
  const ConnectionRequest request{options_.url, options_.password, options_.environment_sslmode};
  const auto sslmode = default_sslmode(request, asked, effective);
  if (sslmode) wanted["sslmode"] = *sslmode;
  libpq::add_root_certificates(wanted, effective, options_.root_certificates);
  return wanted;
}

Result<std::unique_ptr<Session>> PostgresWarehouse::connect() const {
  TRY_ASSIGN(auto session, Session::connect(parameters_, where_));
  TRY(set_up(*session));
  return session;
}

Status PostgresWarehouse::set_up(Session& session) const {
  TRY(session.execute(sql_.get("session/postgres/start")));
  if (writes()) TRY(session.execute(sql_.get("session/postgres/start_loading")));
  TRY(session.query(sql_.get("session/postgres/search_path"), {options_.schema}));
  return {};
}

Result<std::unique_ptr<Session>> PostgresWarehouse::connect_loader() const {
  TRY_ASSIGN(auto session, connect());
  TRY(lock_.share(*session));
  // From now on the next run waits for this session; if ours has ended before, it need not have.
  TRY(leader_->query(sql_.get("session/postgres/still_there")));
  TRY(session->execute(sql_.get("session/postgres/start_helper")));
  return session;
}

Status PostgresWarehouse::connect_leader() {
  TRY_ASSIGN(leader_, connect());
  return {};
}

Status PostgresWarehouse::open() {
  TRY(expect_schema_name());
  TRY_ASSIGN(parameters_, parameters());
  TRY_ASSIGN(const Parameters effective, effective_parameters(parameters_));
  where_ = display_address(effective, "postgresql");
  TRY(connect_leader());
  const auto mode = effective.find("sslmode");
  sslmode_ = mode == effective.end() ? "prefer" : mode->second;
  const auto weak = weak_tls_warning(leader_->host(), sslmode_);
  if (weak) log_warning_once(*weak);
  TRY(expect_server());
  TRY(start_access());
  return writes() ? lock_.take(*leader_, kNoPatience) : Status();
}

Status PostgresWarehouse::expect_server() {
  TRY_ASSIGN(const Rows rows,
             leader_->query(sql_.get("session/postgres/server"), {options_.schema}));
  if (rows.integer(0, 0) < kOldestServer) {
    return make_error(ErrorKind::database,
                      fmt::format("{}: the server is PostgreSQL {}; version 13 or later is needed",
                                  where_, printable(rows.at(0, 1).text)));
  }
  if (rows.at(0, 2).text != "UTF8") {
    return make_error(ErrorKind::database,
                      fmt::format("{}: the database's encoding is {}, which cannot hold every name "
                                  "and title; create one with encoding UTF8",
                                  where_, printable(rows.at(0, 2).text)));
  }
  if (writes() && rows.at(0, 5).text == "true") {
    return make_error(ErrorKind::database,
                      fmt::format("{}: the server is a standby, which takes no writes; give the "
                                  "address of the primary (with several hosts, "
                                  "target_session_attrs=read-write)",
                                  where_));
  }
  return expect_schema(rows.integer(0, 3) > 0, rows.at(0, 4).text == "true", options_.create);
}

Result<std::unique_ptr<Transaction>> PostgresWarehouse::begin_group() {
  if (leader_->is_lost()) TRY(reconnect());
  TRY(run_own("loading_tables"));
  TRY_ASSIGN(auto transaction, begin());
  TRY(run("staging/group_tables"));
  return transaction;
}

Status PostgresWarehouse::read_committed(std::string_view sql, const Values& values,
                                         RowVisitor& visitor) {
  TRY_ASSIGN(Session* const session, crew_.first());
  return session->read(sql, values, visitor);
}

WarehouseScript PostgresWarehouse::script() const {
  const auto text = [this](std::string_view name) { return std::string(own(name)); };
  WarehouseScript script;
  script.session = {text("start"), text("start_loading"), text("search_path"), text("try_lock")};
  script.before_group = {text("loading_tables")};
  script.begin = {text("begin")};
  script.group = {std::string(sql_.get("staging/group_tables"))};
  script.tidy = {text("loading_tables"), text("tidy")};
  return script;
}

Result<std::string> PostgresWarehouse::stage_statement(const TableSchema& schema) const {
  // Only loading_objects is the session's own, and must not be taken for a table of the schema.
  const bool is_own = &schema == &staging_objects_schema();
  const std::string table = (is_own              ? "pg_temp."
                             : is_shared(schema) ? kLoadingPrefix
                                                 : "") +
                            std::string(schema.name);
  return sql_.fill_template("copy_postgres",
                            {{"table", table}, {"columns", copy_column_list(schema)}});
}

Status PostgresWarehouse::stage(BatchSource& source) {
  const TableSchema& schema = source.schema();
  TRY_ASSIGN(const std::string sql, stage_statement(schema));
  if (is_shared(schema)) {
    TRY(crew_.copy(sql, source));
    return run_own("analyze_loading");
  }
  return copy_rows(*leader_, sql, source, options_.connections);
}

Status PostgresWarehouse::commit() {
  TRY_ASSIGN(const Rows id, leader_->query(sql_.get("session/postgres/transaction_id")));
  const Status committed = send_commit();
  if (!committed.ok() && committed.error().kind == ErrorKind::commit_unknown) {
    pending_transaction_ = id.at(0, 0).text;
  }
  return committed;
}

Status PostgresWarehouse::reconnect() {
  const InterruptGate::Shut shut(gate_);
  const int lost_pid = leader_->backend_pid();
  ++session_number_;
  crew_.disconnect();
  TRY(connect_leader());
  if (!writes()) return {};
  const Status taken = lock_.take(*leader_, kShortPatience);
  if (taken.ok() || taken.error().kind != ErrorKind::locked) return taken;
  // The server has not noticed yet that nobody is there any more.
  TRY(leader_->query(sql_.get("session/postgres/end_backend"),
                     {std::int64_t{lost_pid}, session_name()}));
  return lock_.take(*leader_, kLongPatience);
}

Result<bool> PostgresWarehouse::commit_is_pending() {
  if (pending_transaction_.empty()) return false;
  TRY_ASSIGN(const Rows rows, leader_->query(sql_.get("session/postgres/transaction_status"),
                                             {pending_transaction_}));
  return rows.at(0, 0).text == "in progress";
}

Status PostgresWarehouse::tidy() {
  crew_.disconnect();
  TRY(run_own("loading_tables"));  // no staged rows stay
  const Status tidied = run_own("tidy");
  if (tidied.ok() || tidied.error().kind != ErrorKind::conflict) return tidied;
  log_debug(tidied.error().message + " (left for the next run)");
  return {};
}

}  // namespace

}  // namespace postgres

Result<std::unique_ptr<Warehouse>> open_postgres(const PostgresOptions& options) {
  TRY_ASSIGN(SqlLibrary sql, SqlLibrary::open("postgres"));
  auto warehouse = std::make_unique<postgres::PostgresWarehouse>(options, std::move(sql));
  TRY(warehouse->open());
  return std::unique_ptr<Warehouse>(std::move(warehouse));
}

std::string libpq_version() {
  const int number = PQlibVersion();
  return fmt::format("{}.{}", number / 10000, number % 10000);
}

}  // namespace sparkify
