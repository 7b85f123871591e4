#include "warehouse/libpq/session.h"

#include <fmt/format.h>

#include <array>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "warehouse/libpq/result_text.h"

namespace sparkify::libpq {

namespace {

constexpr std::size_t kCancelMessageBytes = 256;

/// libpq's two arrays, ended by null.
struct ParameterArrays {
  explicit ParameterArrays(const Parameters& parameters) {
    for (const auto& [name, value] : parameters) {
      names.push_back(name.c_str());
      values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
  }
  std::vector<const char*> names;
  std::vector<const char*> values;
};

/// Parameters of a statement in text form.
class TextValues {
 public:
  explicit TextValues(const Values& values) {
    texts_.reserve(values.size());  // what pointers_ point to must stay
    for (const Value& value : values) {
      texts_.push_back(to_text(value));
      const bool is_null = std::holds_alternative<std::nullptr_t>(value);
      pointers_.push_back(is_null ? nullptr : texts_.back().c_str());
    }
  }
  int count() const { return static_cast<int>(pointers_.size()); }
  const char* const* pointers() const { return pointers_.data(); }

 private:
  static std::string to_text(const Value& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
    if (const auto* real = std::get_if<double>(&value)) return fmt::format("{}", *real);
    return {};
  }

  std::vector<std::string> texts_;
  std::vector<const char*> pointers_;
};

std::string field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

bool is_success(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE;
}

std::vector<ResultColumn> columns_of(const PGresult* result) {
  std::vector<ResultColumn> columns;
  for (int i = 0; i < PQnfields(result); ++i) {
    columns.push_back({PQfname(result, i), result_type(PQftype(result, i))});
  }
  return columns;
}

Status hand_rows(const PGresult* result, RowVisitor& visitor) {
  Row row(static_cast<std::size_t>(PQnfields(result)));
  for (int r = 0; r < PQntuples(result); ++r) {
    for (int c = 0; c < PQnfields(result); ++c) {
      Cell& cell = row[static_cast<std::size_t>(c)];
      cell.is_null = PQgetisnull(result, r, c) != 0;
      const auto length = static_cast<std::size_t>(PQgetlength(result, r, c));
      cell.text = cell.is_null ? std::string()
                               : cell_text(PQftype(result, c), {PQgetvalue(result, r, c), length});
    }
    TRY(visitor.row(row));
  }
  return {};
}

}  // namespace

Session::Session(ConnectionHandle connection, std::string where, Product product)
    : connection_(std::move(connection)),
      cancel_(PQgetCancel(connection_.get())),
      where_(std::move(where)),
      product_(product),
      backend_pid_(PQbackendPID(connection_.get())) {}

Result<std::unique_ptr<Session>> Session::connect(const Parameters& parameters, std::string where,
                                                  Product product) {
  const ParameterArrays arrays(parameters);
  ConnectionHandle connection(
      PQconnectdbParams(arrays.names.data(), arrays.values.data(), /*expand_dbname=*/0));
  if (!connection) return make_error(ErrorKind::database, where + ": out of memory");
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    return explain_refused_connection(PQerrorMessage(connection.get()), where, product);
  }
  // The server's notices are for its own tools.
  PQsetNoticeProcessor(
      connection.get(), [](void*, const char*) {}, nullptr);
  return std::unique_ptr<Session>(new Session(std::move(connection), std::move(where), product));
}

std::string_view Session::tls_protocol() const {
  if (PQsslInUse(connection_.get()) == 0) return {};
  const char* const protocol = PQsslAttribute(connection_.get(), "protocol");
  return protocol == nullptr ? "TLS" : protocol;
}

Error Session::lost(std::string_view while_doing) const {
  ServerMessage message;
  message.text = fmt::format("the connection was lost while {}: {}", while_doing,
                             PQerrorMessage(connection_.get()));
  Error error = explain(message, where_, "", product_);
  error.message += "; nothing of this step stays, run again when the server can be reached";
  return error;
}

Error Session::error_of(const PGresult* result) const {
  ServerMessage message;
  message.sqlstate = field(result, PG_DIAG_SQLSTATE);
  message.text = field(result, PG_DIAG_MESSAGE_PRIMARY);
  message.detail = field(result, PG_DIAG_MESSAGE_DETAIL);
  message.hint = field(result, PG_DIAG_MESSAGE_HINT);
  if (message.sqlstate.empty()) {
    if (is_lost()) return lost("a statement ran");
    message.text = PQerrorMessage(connection_.get());
  }
  if (const std::string place = field(result, PG_DIAG_STATEMENT_POSITION); !place.empty()) {
    message.text += fmt::format(" at character {}", place);
  }
  if (is_user_sql_) return explain_user_sql(message, where_);
  return explain(message, where_, PQuser(connection_.get()), product_);
}

ResultHandle Session::run(std::string_view sql, const Values& values) {
  const std::string text(sql);
  if (values.empty()) return ResultHandle(PQexec(connection_.get(), text.c_str()));
  const TextValues bound(values);
  return ResultHandle(PQexecParams(connection_.get(), text.c_str(), bound.count(), nullptr,
                                   bound.pointers(), nullptr, nullptr, 0));
}

Result<std::int64_t> Session::execute(std::string_view sql, const Values& values) {
  const ResultHandle result = run(sql, values);
  if (!is_success(result.get())) return error_of(result.get());
  const std::string changed = PQcmdTuples(result.get());
  return changed.empty() ? 0 : std::stoll(changed);
}

Status Session::commit(std::string_view sql) {
  const ResultHandle result = run(sql, {});
  const std::string sqlstate = field(result.get(), PG_DIAG_SQLSTATE);
  // The server may end a session (57P01 and its kin) before or after it has committed.
  const bool is_clear = is_success(result.get()) || (!sqlstate.empty() && !is_lost());
  if (!is_clear) {
    const Error error =
        sqlstate.empty() ? lost("the commit was on its way") : error_of(result.get());
    const std::string message = error.message.substr(0, error.message.find("; nothing of this"));
    return make_error(ErrorKind::commit_unknown, message);
  }
  if (!is_success(result.get())) return error_of(result.get());
  if (std::string_view(PQcmdStatus(result.get())) != "COMMIT") {
    return make_error(
        ErrorKind::database,
        fmt::format("{}: the server rolled the transaction back at its commit", where_));
  }
  return {};
}

bool Session::send(std::string_view sql, const Values& values) {
  const std::string text(sql);
  const TextValues bound(values);
  return PQsendQueryParams(connection_.get(), text.c_str(), bound.count(), nullptr,
                           bound.pointers(), nullptr, nullptr, 0) == 1 &&
         PQsetSingleRowMode(connection_.get()) == 1;
}

Status Session::read(std::string_view sql, const Values& values, RowVisitor& visitor) {
  if (!send(sql, values)) return error_of(nullptr);
  const Status done = read_rows(visitor);
  drain();
  return done;
}

Status Session::read_rows(RowVisitor& visitor) {
  bool has_begun = false;
  while (true) {
    const ResultHandle result(PQgetResult(connection_.get()));
    if (!result) return {};
    if (!is_success(result.get())) return error_of(result.get());
    if (!has_begun) TRY(visitor.begin(columns_of(result.get())));
    has_begun = true;
    const Status handed = hand_rows(result.get(), visitor);
    if (!handed.ok()) {
      cancel();  // nobody wants the rest
      return handed;
    }
  }
}

/// A session takes no statement before the last one's answers were read.
void Session::drain() {
  while (true) {
    const ResultHandle result(PQgetResult(connection_.get()));
    if (!result) return;
  }
}

Result<Rows> Session::query(std::string_view sql, const Values& values) {
  Rows rows;
  TRY(read(sql, values, rows));
  return rows;
}

Result<bool> Session::gives_rows(std::string_view sql) {
  const std::string text(sql);
  const ResultHandle prepared(PQprepare(connection_.get(), "", text.c_str(), 0, nullptr));
  if (!is_success(prepared.get())) return error_of(prepared.get());
  const ResultHandle described(PQdescribePrepared(connection_.get(), ""));
  if (!is_success(described.get())) return error_of(described.get());
  return PQnfields(described.get()) > 0;
}

Status Session::begin_copy(std::string_view sql) {
  const ResultHandle result = run(sql, {});
  if (PQresultStatus(result.get()) != PGRES_COPY_IN) return error_of(result.get());
  return {};
}

Status Session::put_copy(std::string_view bytes) {
  if (PQputCopyData(connection_.get(), bytes.data(), static_cast<int>(bytes.size())) == 1) {
    return {};
  }
  if (is_lost()) return lost("rows were sent");
  // The server has refused: what it says is the COPY's result.
  const ResultHandle result(PQgetResult(connection_.get()));
  const Error error = error_of(result.get());
  drain();
  return error;
}

Result<std::int64_t> Session::end_copy() {
  const bool is_sent = PQputCopyEnd(connection_.get(), nullptr) == 1;
  if (!is_sent && is_lost()) return lost("rows were sent");
  const ResultHandle result(PQgetResult(connection_.get()));
  const bool is_done = is_success(result.get());
  const std::string taken = is_done ? PQcmdTuples(result.get()) : "";
  const Error error = is_done ? Error() : error_of(result.get());
  drain();
  if (!is_done) return error;
  return taken.empty() ? std::int64_t{0} : std::int64_t{std::stoll(taken)};
}

void Session::abandon_copy() {
  static_cast<void>(PQputCopyEnd(connection_.get(), "the rows of this group are not wanted"));
  drain();
}

void Session::cancel() const {
  if (!cancel_) return;
  std::array<char, kCancelMessageBytes> message{};
  // If it does not arrive, the statement takes its time.
  static_cast<void>(PQcancel(cancel_.get(), message.data(), static_cast<int>(message.size())));
}

Result<Parameters> effective_parameters(const Parameters& parameters) {
  const ParameterArrays arrays(parameters);
  // Nothing is sent: the connection is given up before libpq has a turn.
  const ConnectionHandle connection(
      PQconnectStartParams(arrays.names.data(), arrays.values.data(), /*expand_dbname=*/0));
  const ParameterList list(PQconninfo(connection.get()));
  if (!list) return make_error(ErrorKind::config, "out of memory");
  Parameters effective;
  for (const PQconninfoOption* each = list.get(); each->keyword != nullptr; ++each) {
    if (each->val != nullptr) effective[each->keyword] = each->val;
  }
  if (PQstatus(connection.get()) == CONNECTION_BAD && !effective.contains("port")) {
    std::string message = PQerrorMessage(connection.get());
    while (message.ends_with('\n')) message.pop_back();
    return make_error(
        ErrorKind::config,
        fmt::format("{}; correct the warehouse's URL or libpq's settings", printable(message)));
  }
  return effective;
}

}  // namespace sparkify::libpq
