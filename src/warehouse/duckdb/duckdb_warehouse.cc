#include "warehouse/duckdb/duckdb_warehouse.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/utf8.h"
#include "sql/sql_library.h"
#include "sql/statement_text.h"
#include "warehouse/duckdb/file_copy.h"
#include "warehouse/duckdb/lock_file.h"
#include "warehouse/duckdb/real_file.h"
#include "warehouse/duckdb/result_reader.h"
#include "warehouse/duckdb/staging_function.h"
#include "warehouse/interrupt_gate.h"

namespace sparkify {

namespace fs = std::filesystem;

namespace duck {

namespace {

/// DICT_FSST, which writes strings faster and smaller, needs v1.3.0 or later; see
/// docs/decisions/0003-duckdb.md.
constexpr const char* kStorageVersion = "v1.4.0";

struct SetConfig {
  const char* name;
  std::string value;
};

/// The process that DuckDB's message about a lock names.
std::string holder_pid(std::string_view message) {
  constexpr std::string_view kBefore = "PID ";
  const std::size_t found = message.find(kBefore);
  if (found == std::string_view::npos) return "(unknown)";
  message.remove_prefix(found + kBefore.size());
  return std::string(message.substr(0, message.find_first_not_of("0123456789")));
}

/// DuckDB's first line says what is wrong; the rest is advice for its own shell.
std::string first_line(std::string_view message) {
  return printable(message.substr(0, message.find('\n')));
}

class DuckdbWarehouse;

class DuckdbTransaction : public Transaction {
 public:
  explicit DuckdbTransaction(DuckdbWarehouse& warehouse) : warehouse_(warehouse) {}
  ~DuckdbTransaction() override;
  Result<std::int64_t> execute(std::string_view sql, const Values& values) override;
  Status read(std::string_view sql, const Values& values, RowVisitor& visitor) override;
  Status stage(BatchSource& source) override;
  Status commit() override;

 private:
  DuckdbWarehouse& warehouse_;
  bool open_ = true;
};

class DuckdbWarehouse : public Warehouse {
 public:
  DuckdbWarehouse(DuckdbOptions options, SqlLibrary sql)
      : given_path_(options.path), options_(std::move(options)), sql_(std::move(sql)) {
    options_.path = duckdb_real_file(given_path_);
  }

  Status open();
  std::string_view dialect() const override { return "duckdb"; }
  std::string display_name() const override { return "duckdb:" + printable(given_path_); }
  Result<std::optional<std::string>> writer() override;
  Result<std::unique_ptr<Transaction>> begin() override;
  Result<std::unique_ptr<Transaction>> begin_group() override;
  Status read(std::string_view sql, const Values& values, RowVisitor& visitor) override;
  bool prefers_straight_rows() const override { return true; }
  Status read_committed(std::string_view sql, const Values& values, RowVisitor& visitor) override;
  WarehouseScript script() const override;
  Result<std::string> stage_statement(const TableSchema& schema) const override;
  Status reconnect() override;
  Status tidy() override;
  void interrupt() override {
    gate_.pass([this] { duckdb_interrupt(connection_.get()); });
  }

  Result<std::int64_t> execute(std::string_view sql, const Values& values);
  Status stage(BatchSource& source);
  Status run_session(std::string_view name);
  Status commit();
  Status rollback();

 private:
  Status take_file();
  Status make_file();
  Status open_copy();
  Status open_database();
  bool is_sandbox() const {
    return options_.access == WarehouseAccess::sandbox || options_.access == WarehouseAccess::view;
  }
  /// The file that DuckDB opens.
  const std::string& file() const { return copy_.path().empty() ? options_.path : copy_.path(); }
  Result<Config> make_config() const;
  Status expect_reading(duckdb_connection connection, std::string_view sql,
                        duckdb_prepared_statement statement);
  Error open_error(std::string_view message) const;
  Error database_error(std::string_view message) const;
  Result<Statement> prepare(duckdb_connection connection, std::string_view sql,
                            const Values& values);
  Status read_on(duckdb_connection connection, std::string_view sql, const Values& values,
                 RowVisitor& visitor);
  Result<std::string> with_castable_columns(std::string_view sql, duckdb_prepared_statement raw,
                                            std::vector<std::string>& names);

  const std::string given_path_;  ///< maybe a symbolic link to the options' path
  DuckdbOptions options_;
  SqlLibrary sql_;
  LockFile lock_;
  FileCopy copy_;            // what a view reads; outlives the database
  StagingFunction staging_;  // outlives the connection that knows it
  Database database_;
  Connection connection_;
  InterruptGate gate_;
};

/// Gives a result back the column names that a rewritten query lost.
class RenamingVisitor : public RowVisitor {
 public:
  RenamingVisitor(RowVisitor& inner, std::vector<std::string> names)
      : inner_(inner), names_(std::move(names)) {}
  Status begin(const std::vector<ResultColumn>& columns) override {
    std::vector<ResultColumn> renamed = columns;
    for (std::size_t i = 0; i < renamed.size(); ++i) renamed[i].name = names_[i];
    return inner_.begin(renamed);
  }
  Status row(const Row& row) override { return inner_.row(row); }

 private:
  RowVisitor& inner_;
  std::vector<std::string> names_;
};

Status DuckdbWarehouse::open() {
  std::error_code error;
  const bool exists = fs::exists(options_.path, error);
  if (!exists && !options_.create) {
    return make_error(ErrorKind::database,
                      fmt::format("{}: there is no such warehouse; make it with `sparkify "
                                  "create-tables --warehouse {}`",
                                  display_name(), display_name()));
  }
  if (options_.access == WarehouseAccess::write) TRY(take_file());
  return options_.access == WarehouseAccess::view ? open_copy() : open_database();
}

Status DuckdbWarehouse::open_copy() {
  TRY_ASSIGN(copy_, FileCopy::make(options_.path, display_name()));
  TRY(open_database());
  copy_.unlink();
  return {};
}

Status DuckdbWarehouse::take_file() {
  std::error_code error;
  if (fs::exists(options_.path, error) && ::access(options_.path.c_str(), W_OK) != 0) {
    return make_error(ErrorKind::database,
                      fmt::format("{}: the file cannot be written ({}); give this user the right, "
                                  "or choose another warehouse",
                                  display_name(), std::strerror(errno)));
  }
  TRY_ASSIGN(lock_, LockFile::acquire(options_.path + ".lock", display_name()));
  // Spilled data of a run that was killed; nobody else can be using it while we hold the lock.
  fs::remove_all(options_.path + ".tmp", error);
  if (options_.create && !fs::exists(options_.path, error)) return make_file();
  return {};
}

Status DuckdbWarehouse::make_file() {
  // Made under another name, whole: DuckDB takes several writes for a new file, and would not open
  // again what a kill or a full disk left between them.
  const std::string partial = options_.path + ".new";
  std::error_code error;
  fs::remove(partial, error);
  fs::remove(partial + ".wal", error);
  const std::string path = std::exchange(options_.path, partial);
  const Status made = open_database();
  connection_.reset();
  database_.reset();
  options_.path = path;
  if (made.ok()) fs::rename(partial, path, error);
  if (made.ok() && !error) return {};
  const std::string why = made.ok() ? error.message() : made.error().message;
  fs::remove(partial, error);
  fs::remove(partial + ".wal", error);
  return make_error(ErrorKind::database,
                    fmt::format("{}: the file cannot be made ({})", display_name(), why));
}

Result<Config> DuckdbWarehouse::make_config() const {
  const bool writes = options_.access == WarehouseAccess::write;
  std::vector<SetConfig> settings{
      {"access_mode", writes ? "READ_WRITE" : "READ_ONLY"},
      {"threads", std::to_string(options_.threads)},
      {"memory_limit", fmt::format("{}MiB", options_.memory_limit_bytes >> 20)},
      {"temp_directory", file() + ".tmp"},
      {"preserve_insertion_order", "false"},
      {"autoinstall_known_extensions", "false"},
      {"autoload_known_extensions", "false"},
      // A view that somebody else put into the file would read what this user may read.
      {"enable_external_access", "false"},
      {"lock_configuration", "true"},
  };
  if (writes) {
    settings.push_back({"storage_compatibility_version", kStorageVersion});
    // Each thread writes a row group as soon as it is full, instead of several at its end; and a
    // run of many small groups does not checkpoint after each. See bench/JOURNAL.md.
    settings.push_back({"write_buffer_row_group_count", "1"});
    settings.push_back({"checkpoint_threshold", "256MiB"});
  }
  Config config;
  if (duckdb_create_config(config.out()) != DuckDBSuccess) {
    return database_error("DuckDB could not make its settings; is there memory left?");
  }
  for (const SetConfig& setting : settings) {
    if (duckdb_set_config(config.get(), setting.name, setting.value.c_str()) != DuckDBSuccess) {
      return database_error(fmt::format("DuckDB refused the setting {}={}; is there memory left?",
                                        setting.name, setting.value));
    }
  }
  return config;
}

Status DuckdbWarehouse::open_database() {
  TRY_ASSIGN(const Config config, make_config());
  char* message = nullptr;
  if (duckdb_open_ext(file().c_str(), database_.out(), config.get(), &message) != DuckDBSuccess) {
    const std::string text = message == nullptr ? "no reason given" : message;
    duckdb_free(message);
    return open_error(text);
  }
  if (duckdb_connect(database_.get(), connection_.out()) != DuckDBSuccess) {
    return database_error("DuckDB refused a connection");
  }
  if (options_.access != WarehouseAccess::write) return {};
  return staging_.register_in(connection_.get(), options_.threads);
}

Error DuckdbWarehouse::open_error(std::string_view message) const {
  const std::string text(message);
  if (text.find("Conflicting lock") != std::string::npos) {
    // Who writes holds the lock file, so it is a reader that keeps the file from us.
    const bool writes = options_.access == WarehouseAccess::write;
    const auto holder = writes ? std::nullopt : LockFile::holder(options_.path + ".lock");
    if (holder) {
      return make_error(ErrorKind::locked,
                        fmt::format("{}: held by a run that is writing ({}); try again when it "
                                    "has ended",
                                    display_name(), describe(*holder)));
    }
    return make_error(ErrorKind::locked,
                      fmt::format("{}: held by process {} on this host, which has the file open; "
                                  "close it and try again",
                                  display_name(), holder_pid(text)));
  }
  return database_error(first_line(message));
}

Error DuckdbWarehouse::database_error(std::string_view message) const {
  std::string hint;
  const auto says = [&message](std::string_view part) {
    return message.find(part) != std::string_view::npos;
  };
  if (says("No space left") || says("File too large") || says("disk quota")) {
    hint = ". Free disk space and run again";
  } else if (says("Out of Memory") || says("Out of memory")) {
    hint = "; give a larger --memory-limit, or free disk space for what has to be spilled";
  } else if (says("not a valid DuckDB database file")) {
    hint = "; choose another path for the warehouse";
  }
  std::string text(message);
  if (!copy_.path().empty()) {  // a name that nobody knows, and another one each time
    const std::size_t at = text.find(copy_.path());
    if (at != std::string::npos) text.replace(at, copy_.path().size(), options_.path);
  }
  return make_error(ErrorKind::database, fmt::format("{}: {}{}", display_name(), text, hint));
}

Result<Statement> DuckdbWarehouse::prepare(duckdb_connection connection, std::string_view sql,
                                           const Values& values) {
  Statement statement;
  if (duckdb_prepare(connection, std::string(sql).c_str(), statement.out()) != DuckDBSuccess) {
    const char* message = duckdb_prepare_error(statement.get());
    return database_error(message == nullptr ? "the statement was refused"
                                             : printable_lines(message));
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto bound = std::visit(
        [&](const auto& value) {
          using T = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<T, std::nullptr_t>) {
            return duckdb_bind_null(statement.get(), i + 1);
          } else if constexpr (std::is_same_v<T, std::int64_t>) {
            return duckdb_bind_int64(statement.get(), i + 1, value);
          } else if constexpr (std::is_same_v<T, double>) {
            return duckdb_bind_double(statement.get(), i + 1, value);
          } else {
            return duckdb_bind_varchar_length(statement.get(), i + 1, value.data(), value.size());
          }
        },
        values[i]);
    if (bound != DuckDBSuccess) return database_error(fmt::format("parameter ${} refused", i + 1));
  }
  return statement;
}

Result<std::int64_t> DuckdbWarehouse::execute(std::string_view sql, const Values& values) {
  QueryResult result;
  if (values.empty()) {
    if (duckdb_query(connection_.get(), std::string(sql).c_str(), result.out()) != DuckDBSuccess) {
      return database_error(first_line(error_text(result)));
    }
  } else {
    TRY_ASSIGN(const Statement statement, prepare(connection_.get(), sql, values));
    if (duckdb_execute_prepared(statement.get(), result.out()) != DuckDBSuccess) {
      return database_error(first_line(error_text(result)));
    }
  }
  return static_cast<std::int64_t>(duckdb_rows_changed(result.out()));
}

/// Lists, structs, intervals and the like are read as text: the query is wrapped in one that casts
/// them. Nothing to do gives an empty text.
Result<std::string> DuckdbWarehouse::with_castable_columns(std::string_view sql,
                                                           duckdb_prepared_statement raw,
                                                           std::vector<std::string>& names) {
  std::string select_list;
  std::string name_list;
  bool all_readable = true;
  for (idx_t i = 0; i < duckdb_prepared_statement_column_count(raw); ++i) {
    const char* name = duckdb_prepared_statement_column_name(raw, i);
    names.emplace_back(name == nullptr ? "" : name);
    duckdb_free(const_cast<char*>(name));
    const std::string column = fmt::format("column_{}", i);
    std::string expression = column;
    if (!is_readable(duckdb_prepared_statement_column_type(raw, i))) {
      all_readable = false;
      TRY_ASSIGN(expression, sql_.fill_template("cast_column", {{"column", column}}));
    }
    select_list += (i == 0 ? "" : ", ") + expression;
    name_list += (i == 0 ? "" : ", ") + column;
  }
  if (all_readable) return std::string();
  return sql_.fill_template("cast_result", {{"columns", select_list},
                                            {"names", name_list},
                                            {"query", std::string(without_semicolon(sql))}});
}

/// READ_ONLY keeps the file as it is; this also keeps a user's statement from attaching, loading,
/// setting or checkpointing anything. EXPLAIN ANALYZE runs what it explains, which may be a COPY to
/// the file itself.
Status DuckdbWarehouse::expect_reading(duckdb_connection connection, std::string_view sql,
                                       duckdb_prepared_statement statement) {
  if (!is_sandbox()) return {};
  duckdb_statement_type type = duckdb_prepared_statement_type(statement);
  const auto explained = explained_statement(sql);
  if (type == DUCKDB_STATEMENT_TYPE_EXPLAIN && explained) {
    TRY_ASSIGN(const Statement inner, prepare(connection, *explained, {}));
    type = duckdb_prepared_statement_type(inner.get());
  }
  if (type == DUCKDB_STATEMENT_TYPE_SELECT) return {};
  return make_error(ErrorKind::database,
                    fmt::format("{}: only statements that read are allowed here: select, with, "
                                "from, values, describe, show; explain of these",
                                display_name()));
}

Status DuckdbWarehouse::read(std::string_view sql, const Values& values, RowVisitor& visitor) {
  return read_on(connection_.get(), sql, values, visitor);
}

Status DuckdbWarehouse::read_on(duckdb_connection connection, std::string_view sql,
                                const Values& values, RowVisitor& visitor) {
  TRY_ASSIGN(Statement statement, prepare(connection, sql, values));
  TRY(expect_reading(connection, sql, statement.get()));
  std::vector<std::string> names;
  // DuckDB knows the columns of a statement with parameters only once it runs; ours need no casts.
  std::string wrapped;
  if (values.empty()) {
    TRY_ASSIGN(wrapped, with_castable_columns(sql, statement.get(), names));
  }
  if (!wrapped.empty()) {
    TRY_ASSIGN(statement, prepare(connection, wrapped, values));
  }
  QueryResult result;
  if (duckdb_execute_prepared_streaming(statement.get(), result.out()) != DuckDBSuccess) {
    return database_error(printable_lines(error_text(result)));
  }
  RenamingVisitor renaming(visitor, std::move(names));
  TRY(read_result(result.get(), wrapped.empty() ? visitor : renaming));
  const char* late = duckdb_result_error(result.out());
  if (late != nullptr && *late != '\0') return database_error(printable_lines(late));
  return {};
}

/// On a connection of its own, which sees nothing of the open transaction.
Status DuckdbWarehouse::read_committed(std::string_view sql, const Values& values,
                                       RowVisitor& visitor) {
  Connection beside;
  if (duckdb_connect(database_.get(), beside.out()) != DuckDBSuccess) {
    return database_error("DuckDB refused a connection");
  }
  return read_on(beside.get(), sql, values, visitor);
}

Status DuckdbWarehouse::run_session(std::string_view name) {
  const auto done = execute(sql_.get(name), {});
  if (!done.ok()) return done.error();
  return {};
}

Result<std::optional<std::string>> DuckdbWarehouse::writer() {
  const auto holder = LockFile::holder(options_.path + ".lock");
  return holder ? std::optional(describe(*holder)) : std::nullopt;
}

Result<std::unique_ptr<Transaction>> DuckdbWarehouse::begin() {
  TRY(run_session("session/duckdb/begin"));
  return std::unique_ptr<Transaction>(std::make_unique<DuckdbTransaction>(*this));
}

Result<std::unique_ptr<Transaction>> DuckdbWarehouse::begin_group() {
  TRY_ASSIGN(auto transaction, begin());
  TRY(run_session("session/duckdb/loading_tables"));
  TRY(run_session("staging/group_tables"));
  return transaction;
}

WarehouseScript DuckdbWarehouse::script() const {
  const auto text = [this](std::string_view name) { return std::string(sql_.get(name)); };
  WarehouseScript script;
  script.begin = {text("session/duckdb/begin")};
  script.group = {text("session/duckdb/loading_tables"), text("staging/group_tables")};
  script.tidy = {text("session/duckdb/tidy")};
  return script;
}

Result<std::string> DuckdbWarehouse::stage_statement(const TableSchema& schema) const {
  return sql_.fill_template("stage_duckdb", {{"table", std::string(schema.name)}});
}

Status DuckdbWarehouse::stage(BatchSource& source) {
  TRY_ASSIGN(const std::string sql, stage_statement(source.schema()));
  staging_.set_source(&source);
  const auto staged = execute(sql, {});
  auto from_source = staging_.take_error();
  staging_.set_source(nullptr);
  if (from_source) return *std::move(from_source);
  if (!staged.ok()) return staged.error();
  return {};
}

Status DuckdbWarehouse::reconnect() {
  const InterruptGate::Shut shut(gate_);
  connection_.reset();
  database_.reset();
  if (options_.access == WarehouseAccess::view) return open_copy();
  return open_database();
}

Status DuckdbWarehouse::tidy() {
  const InterruptGate::Shut shut(gate_);
  return run_session("session/duckdb/tidy");
}

Status DuckdbWarehouse::rollback() {
  const InterruptGate::Shut shut(gate_);
  return run_session("session/rollback");
}

DuckdbTransaction::~DuckdbTransaction() {
  // A failed rollback leaves nothing committed either; the next begin would report it.
  if (open_) static_cast<void>(warehouse_.rollback().ok());
}

Result<std::int64_t> DuckdbTransaction::execute(std::string_view sql, const Values& values) {
  return warehouse_.execute(sql, values);
}

Status DuckdbTransaction::read(std::string_view sql, const Values& values, RowVisitor& visitor) {
  return warehouse_.read(sql, values, visitor);
}

Status DuckdbTransaction::stage(BatchSource& source) { return warehouse_.stage(source); }

Status DuckdbTransaction::commit() {
  open_ = false;
  return warehouse_.commit();
}

Status DuckdbWarehouse::commit() {
  const InterruptGate::Shut shut(gate_);
  const Status done = run_session("session/commit");
  if (done.ok()) return {};
  // DuckDB may fail after its log was written; only the file itself can tell.
  return make_error(ErrorKind::commit_unknown, done.error().message);
}

}  // namespace

}  // namespace duck

Result<std::unique_ptr<Warehouse>> open_duckdb(const DuckdbOptions& options) {
  if (options.path.empty() || options.path == ":memory:") {
    return make_error(ErrorKind::config,
                      "the warehouse duckdb: needs the path of a file, such as "
                      "duckdb:sparkify.duckdb");
  }
  TRY_ASSIGN(SqlLibrary sql, SqlLibrary::open("duckdb"));
  auto warehouse = std::make_unique<duck::DuckdbWarehouse>(options, std::move(sql));
  TRY(warehouse->open());
  return std::unique_ptr<Warehouse>(std::move(warehouse));
}

std::optional<std::string> duckdb_exception_message(std::string_view what) {
  const auto document = nlohmann::json::parse(what, nullptr, false);
  if (!document.is_object() || !document.contains("exception_type")) return std::nullopt;
  const auto message = document.find("exception_message");
  if (message == document.end() || !message->is_string()) return std::nullopt;
  return message->get<std::string>();
}

std::string duckdb_version() { return duckdb_library_version(); }

}  // namespace sparkify
