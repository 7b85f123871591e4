#include "warehouse/redshift/redshift_warehouse.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

#include "base/log.h"
#include "base/time.h"
#include "base/utf8.h"
#include "sql/sql_library.h"
#include "warehouse/libpq/connection_options.h"
#include "warehouse/libpq/session_name.h"
#include "warehouse/libpq/session_warehouse.h"
#include "warehouse/redshift/copy_command.h"
#include "warehouse/redshift/row_insert.h"
#include "warehouse/redshift/source_reading.h"

namespace sparkify {

namespace redshift {

using libpq::Parameters;
using libpq::Session;
using libpq::SessionWarehouse;

namespace {

constexpr std::string_view kScheme = "redshift://";
constexpr std::string_view kLibpqScheme = "postgresql://";
constexpr std::string_view kPort = "5439";
constexpr std::string_view kConnectTimeoutSeconds = "30";  // Serverless wakes up
constexpr std::string_view kVerifyFull = "verify-full";
/// Redshift analyses by itself when it is idle; only what changes much cannot wait for that.
constexpr std::int64_t kRowsWorthAnalyze = 100'000;

/// Whether the table's rows go by COPY, however few they are.
bool is_copied(const TableSchema& schema) {
  return &schema == &staging_events_schema() || &schema == &staging_songs_schema();
}

/// Whether `text` can stand between the quotes of a literal as it is: Redshift takes a backslash
/// there for an escape.
bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c < '\x7f' && c != '\'' && c != '\\'; });
}

/// Without the server's word where to look: that is looked at here.
std::string without_pointer(std::string text) {
  constexpr std::string_view kBegin = " Check '";
  constexpr std::string_view kEnd = "' system table for details.";
  const std::size_t begin = text.find(kBegin);
  const std::size_t end = begin == text.npos ? text.npos : text.find(kEnd, begin);
  if (end != text.npos) text.erase(begin, end + kEnd.size() - begin);
  return text;
}

bool is_role(std::string_view text) { return text.starts_with("arn:") && is_plain(text); }

class RedshiftWarehouse : public SessionWarehouse {
 public:
  RedshiftWarehouse(RedshiftOptions options, SqlLibrary sql)
      : SessionWarehouse(std::move(sql), options.access, options.schema),
        options_(std::move(options)),
        staged_under_(fmt::format("{}-{}", now_micros(), ::getpid())) {}
  ~RedshiftWarehouse() override;

  Status open();
  std::string_view dialect() const override { return "redshift"; }
  Result<std::unique_ptr<Transaction>> begin() override;
  Result<std::unique_ptr<Transaction>> begin_group() override;
  WarehouseScript script() const override;
  Result<std::string> stage_statement(const TableSchema& schema) const override;
  Status reconnect() override;
  Status tidy() override;
  Status stage(BatchSource& source) override;
  bool reads_objects() const override { return true; }
  bool can_read(const ObjectInfo& object) const override { return is_copyable(object); }
  Result<std::vector<std::string>> reading_statements(
      DataKind kind, std::span<const ObjectInfo> objects) const override;
  Result<OwnReading> stage_objects(DataKind kind, std::span<const ObjectInfo> objects) override;
  Status commit() override;

 private:
  Status expect_options() const;
  Result<Parameters> parameters() const;
  Result<std::unique_ptr<Session>> connect();
  Status set_up();
  Status expect_server();
  Status insert(const TableSchema& schema, const FewRows& rows);
  Status copy_all(BatchSource& source);
  Status copy(const TableSchema& schema, const StagedParts& parts);
  Result<std::int64_t> run_copy(const std::string& sql);
  CopyAccess copy_access() const;
  Error explain_copy(const Error& error);
  Status wait_for_lock();

  RedshiftOptions options_;
  bool has_lock_table_ = false;
  const std::string staged_under_;  ///< the folder of this run's parts
  int copies_ = 0;
  std::int64_t last_copy_id_ = 0;
  std::int64_t rows_copied_ = 0;
  bool is_in_group_ = false;
  std::vector<std::string> staged_;  ///< parts that are there until a group is committed
};

RedshiftWarehouse::~RedshiftWarehouse() {
  if (staged_.empty()) return;
  log_info(fmt::format("what Redshift was to load is left below {}/{}, to be looked at",
                       options_.control.place, staged_under_));
}

Status RedshiftWarehouse::expect_options() const {
  TRY(expect_schema_name());
  if (!options_.loads) return {};
  if (!is_role(options_.iam_role)) {
    return make_error(ErrorKind::config,
                      "loading needs the role under which Redshift reads S3: give its ARN "
                      "(arn:aws:iam::ACCOUNT:role/NAME; several with commas are taken one from the "
                      "other) as --iam-role, or as ARN under [IAM_ROLE] in dwh.cfg");
  }
  const std::string& place = options_.control.place;
  if (!place.starts_with("s3://") || !is_plain(place)) {
    return make_error(ErrorKind::config,
                      "loading needs a place in S3 that we may write and Redshift may read: give "
                      "it as --control s3://BUCKET/PREFIX, or as CONTROL under [S3] in dwh.cfg; "
                      "ASCII letters, no quotes, no backslash");
  }
  return {};
}

Result<Parameters> RedshiftWarehouse::parameters() const {
  std::string url = options_.url;
  url.replace(0, kScheme.size(), kLibpqScheme);
  TRY_ASSIGN(Parameters wanted, libpq::parse_url(url));
  const auto mode = wanted.find("sslmode");
  if (mode != wanted.end() && mode->second != kVerifyFull) {
    return make_error(ErrorKind::config,
                      fmt::format("sslmode={}: a connection to Redshift is always made with "
                                  "verify-full; take it out of the URL",
                                  printable(mode->second)));
  }
  wanted["sslmode"] = kVerifyFull;
  wanted.try_emplace("port", kPort);
  wanted.try_emplace("connect_timeout", kConnectTimeoutSeconds);
  wanted["client_encoding"] = "UTF8";
  wanted["application_name"] = libpq::session_name();
  if (!options_.password.empty()) wanted["password"] = options_.password.reveal();
  TRY_ASSIGN(const Parameters effective, libpq::effective_parameters(wanted));
  libpq::add_root_certificates(wanted, effective, options_.root_certificates);
  return wanted;
}

Result<std::unique_ptr<Session>> RedshiftWarehouse::connect() {
  TRY_ASSIGN(Parameters wanted, parameters());
  if (options_.login) {
    TRY_ASSIGN(const RedshiftUser user, options_.login());
    wanted["user"] = user.name;
    wanted["password"] = user.password.reveal();
  }
  TRY_ASSIGN(const Parameters effective, libpq::effective_parameters(wanted));
  where_ = libpq::display_address(effective, "redshift");
  sslmode_ = kVerifyFull;
  return Session::connect(wanted, where_, libpq::Product::redshift);
}

Status RedshiftWarehouse::set_up() {
  TRY(run_own("start"));
  TRY(leader_->query(own("search_path"), {schema()}));
  return {};
}

Status RedshiftWarehouse::open() {
  TRY(expect_options());
  TRY_ASSIGN(leader_, connect());
  TRY(expect_server());
  TRY(set_up());
  return start_access();
}

Status RedshiftWarehouse::expect_server() {
  TRY_ASSIGN(const Rows rows, leader_->query(own("server"), {schema()}));
  if (rows.at(0, 0).text.find("Redshift") == std::string::npos) {
    return make_error(ErrorKind::database,
                      fmt::format("{}: this is no Redshift ({}); PostgreSQL is given as "
                                  "postgresql://...",
                                  where_, printable(rows.at(0, 0).text)));
  }
  has_lock_table_ = rows.integer(0, 3) > 0;
  return expect_schema(rows.integer(0, 1) > 0, rows.at(0, 2).text == "true", options_.create);
}

/// While it is open, no other run's transaction goes on.
Result<std::unique_ptr<Transaction>> RedshiftWarehouse::begin() {
  is_in_group_ = false;
  TRY_ASSIGN(auto transaction, SessionWarehouse::begin());
  if (writes() && has_lock_table_) TRY(transaction->execute(own("lock")));
  return transaction;
}

Result<std::unique_ptr<Transaction>> RedshiftWarehouse::begin_group() {
  TRY_ASSIGN(auto transaction, begin());
  is_in_group_ = true;
  TRY(transaction->execute(own("group_tables")));
  TRY(transaction->execute(sql_.get("staging/group_tables")));
  return transaction;
}

Status RedshiftWarehouse::stage(BatchSource& source) {
  const TableSchema& schema = source.schema();
  if (is_copied(schema)) return copy_all(source);
  TRY_ASSIGN(FewRows few, take_few_rows(source));
  if (few.are_all) return insert(schema, few);
  TakenUpSource all(std::move(few.batches), source);
  return copy_all(all);
}

Status RedshiftWarehouse::insert(const TableSchema& schema, const FewRows& rows) {
  const std::size_t rows_max = rows_in_statement(schema);
  for (const Batch& batch : rows.batches) {
    for (std::size_t row = 0; row < batch.row_count(); row += rows_max) {
      RowValues values = values_of(batch, row, std::min(rows_max, batch.row_count() - row));
      TRY_ASSIGN(const std::string sql,
                 sql_.fill_template("insert_rows", {{"table", std::string(schema.name)},
                                                    {"columns", column_list(schema)},
                                                    {"rows", std::move(values.text)}}));
      TRY(leader_->execute(sql, values.parameters));
    }
  }
  return {};
}

Status RedshiftWarehouse::copy_all(BatchSource& source) {
  const TableSchema& schema = source.schema();
  const std::string name = fmt::format("{}/{:04}-{}", staged_under_, ++copies_, schema.name);
  TRY_ASSIGN(const StagedParts parts,
             write_parts(source, options_.control, name, options_.threads));
  if (parts.rows == 0) return {};
  staged_.insert(staged_.end(), parts.names.begin(), parts.names.end());
  return copy(schema, parts);
}

WarehouseScript RedshiftWarehouse::script() const {
  const auto text = [this](std::string_view name) { return std::string(own(name)); };
  WarehouseScript script;
  script.session = {text("server"), text("start"), text("search_path")};
  script.begin = {text("begin"), text("lock")};
  script.group = {text("group_tables"), std::string(sql_.get("staging/group_tables"))};
  script.tidy = {text("analyze")};
  return script;
}

Result<std::string> RedshiftWarehouse::stage_statement(const TableSchema& schema) const {
  if (is_copied(schema)) {
    const std::string& place = options_.control.place;
    return copy_of_parts(sql_, copy_access(), schema,
                         fmt::format("{}/RUN/NUMBER-{}/manifest.json",
                                     place.empty() ? "CONTROL" : place, schema.name));
  }
  return sql_.fill_template(
      "insert_rows",
      {{"table", std::string(schema.name)}, {"columns", column_list(schema)}, {"rows", "(...)"}});
}

Result<std::vector<std::string>> RedshiftWarehouse::reading_statements(
    DataKind kind, std::span<const ObjectInfo> objects) const {
  const std::string& place = options_.control.place;
  return source_statements(sql_, copy_access(), place.empty() ? "CONTROL" : place, kind, objects);
}

Result<OwnReading> RedshiftWarehouse::stage_objects(DataKind kind,
                                                    std::span<const ObjectInfo> objects) {
  const CopyAccess access = copy_access();
  SourceReading reading({*leader_, sql_, options_.control, access,
                         [this](const std::string& sql) { return run_copy(sql); }},
                        fmt::format("{}/{:04}-{}s", staged_under_, ++copies_, to_string(kind)));
  auto found = reading.run(kind, objects);
  staged_.insert(staged_.end(), reading.written().begin(), reading.written().end());
  if (found.ok() && found->oddity.empty()) {
    rows_copied_ += std::accumulate(found->records.begin(), found->records.end(), std::int64_t{0});
  }
  return found;
}

CopyAccess RedshiftWarehouse::copy_access() const {
  // Only a dry run gets here without a role.
  return {options_.iam_role.empty() ? "IAM_ROLE" : options_.iam_role, options_.region};
}

Status RedshiftWarehouse::copy(const TableSchema& schema, const StagedParts& parts) {
  TRY_ASSIGN(const std::string sql, copy_of_parts(sql_, copy_access(), schema, parts.manifest));
  TRY_ASSIGN(const std::int64_t copied, run_copy(sql));
  rows_copied_ += parts.rows;
  if (copied == parts.rows) return {};
  return make_error(ErrorKind::internal,
                    fmt::format("{}: {} rows were staged at {} and COPY took {}", where_,
                                parts.rows, parts.manifest, copied));
}

/// How many rows it took.
Result<std::int64_t> RedshiftWarehouse::run_copy(const std::string& sql) {
  const auto done = leader_->execute(sql);
  if (!done.ok()) {
    const Error& error = done.error();
    return explain_copy(make_error(error.kind, without_pointer(error.message)));
  }
  TRY_ASSIGN(const Rows rows, leader_->query(own("copied")));
  last_copy_id_ = rows.integer(0, 1);
  return rows.integer(0, 0);
}

/// With the first of the errors that Redshift has noted for its last COPY. They are no part of the
/// transaction, which has to go before anything can be asked. A COPY that was refused before it
/// began is not the last one: what is noted is of the one before.
Error RedshiftWarehouse::explain_copy(const Error& error) {
  if (leader_->is_lost() || !rollback().ok()) return error;
  auto found = leader_->query(own("load_errors"), {last_copy_id_});
  if (!found.ok()) found = leader_->query(own("load_errors_before_sys"), {last_copy_id_});
  if (!found.ok() || found->empty()) return error;
  std::string notes;
  for (std::size_t i = 0; i < found->rows.size(); ++i) {
    notes += fmt::format("{}{} line {} column {}: {} ({})", i == 0 ? "" : ", ",
                         printable(found->at(i, 0).text), printable(found->at(i, 1).text),
                         printable(found->at(i, 2).text), printable(found->at(i, 4).text),
                         printable(found->at(i, 3).text));
  }
  return make_error(error.kind, fmt::format("{}; it noted: {}", error.message, notes));
}

Status RedshiftWarehouse::commit() {
  const Status committed = send_commit();
  // What a group left that was tried again goes with it; what a failed run left stays.
  if (!committed.ok() || !is_in_group_) return committed;
  const Status removed = remove_parts(options_.control, std::exchange(staged_, {}));
  if (!removed.ok()) {
    log_warning(
        fmt::format("parts that were loaded are left below {}/{}; no run reads them again, "
                    "remove them or let a lifecycle rule do it ({})",
                    options_.control.place, staged_under_, removed.error().message));
  }
  return {};
}

/// Outside any transaction: what the planner knows of tables that a large load has changed.
Status RedshiftWarehouse::tidy() {
  if (rows_copied_ < kRowsWorthAnalyze) return {};
  rows_copied_ = 0;
  const Status analyzed = run_own("analyze");
  if (!analyzed.ok()) log_warning("ANALYZE after the load: " + analyzed.error().message);
  return {};
}

Status RedshiftWarehouse::reconnect() {
  const InterruptGate::Shut shut(gate_);
  const int lost_pid = leader_->backend_pid();
  TRY_ASSIGN(leader_, connect());
  TRY(set_up());
  if (!writes() || !has_lock_table_) return {};
  const Status waited = wait_for_lock();
  if (waited.ok()) return {};
  // The server has not noticed yet that nobody is there any more.
  TRY(leader_->query(own("end_session"), {std::int64_t{lost_pid}}));
  return wait_for_lock();
}

/// When the lock can be had, whatever the lost session was doing is over, its commit too.
Status RedshiftWarehouse::wait_for_lock() {
  TRY(run_own("be_patient"));
  TRY(run_own("begin"));
  const Status locked = run_own("lock");
  TRY(rollback());
  TRY(run_own("be_endlessly_patient"));
  return locked;
}

}  // namespace

}  // namespace redshift

Result<std::unique_ptr<Warehouse>> open_redshift(const RedshiftOptions& options) {
  TRY_ASSIGN(SqlLibrary sql, SqlLibrary::open("redshift"));
  auto warehouse = std::make_unique<redshift::RedshiftWarehouse>(options, std::move(sql));
  TRY(warehouse->open());
  return std::unique_ptr<Warehouse>(std::move(warehouse));
}

}  // namespace sparkify
