#include "pipeline/readonly_role.h"

#include <fmt/format.h>

#include "base/utf8.h"
#include "pipeline/schema_guard.h"

namespace sparkify {

namespace {

constexpr std::string_view kDialectWithoutRoles = "duckdb";

/// A file of the warehouse's own folder of sql/access.
std::string_view own(const Warehouse& warehouse, const SqlLibrary& sql, std::string_view name) {
  return sql.get(fmt::format("access/{}/{}", warehouse.dialect(), name));
}

Error refuse(Warehouse& warehouse, const std::string& role, std::string_view why) {
  return make_error(
      ErrorKind::database,
      fmt::format("{}: the role or user {} {}", warehouse.display_name(), printable(role), why));
}

/// Everything a role may do that it should not; the first few by name.
Status expect_no_more(Warehouse& warehouse, Transaction& transaction, const SqlLibrary& sql,
                      const std::string& role) {
  constexpr std::size_t kNamedMax = 3;
  TRY_ASSIGN(const Rows rights, transaction.query(own(warehouse, sql, "rights_too_many"), {role}));
  if (rights.empty()) return {};
  std::string named;
  for (std::size_t i = 0; i < std::min(kNamedMax, rights.rows.size()); ++i) {
    named +=
        fmt::format("{}{} on {}", i == 0 ? "" : ", ", rights.at(i, 1).text, rights.at(i, 0).text);
  }
  return refuse(warehouse, role,
                fmt::format("may do more than read the star ({}{}): through another role, or "
                            "because everybody (PUBLIC) may; take that away first. Nothing was "
                            "granted",
                            named, rights.rows.size() > kNamedMax ? ", and more" : ""));
}

}  // namespace

Status grant_readonly(Warehouse& warehouse, const SqlLibrary& sql, const std::string& role) {
  if (warehouse.dialect() == kDialectWithoutRoles) {
    return make_error(ErrorKind::config,
                      fmt::format("{}: this warehouse has no roles; who may read the file decides",
                                  warehouse.display_name()));
  }
  TRY(expect_our_schema(warehouse, sql));
  TRY_ASSIGN(auto transaction, warehouse.begin());
  TRY_ASSIGN(const Rows known, transaction->query(own(warehouse, sql, "role"), {role}));
  if (known.empty()) {
    return refuse(
        warehouse, role,
        "does not exist; create it first (in PostgreSQL by create role NAME login, in Redshift "
        "by create user NAME password disable, which IAM logins need)");
  }
  const bool is_superuser = known.at(0, 2).text == "true";
  const bool is_owner = known.at(0, 3).text == "true";
  if (is_superuser || is_owner) {
    return refuse(warehouse, role,
                  is_superuser ? "is a superuser, whom nothing can be kept from; give another"
                               : "is, or may become, the owner of the tables; give another");
  }
  TRY_ASSIGN(const std::string grants,
             sql.fill_template("grant_readonly",
                               {{"role", known.at(0, 0).text}, {"schema", known.at(0, 1).text}}));
  TRY(transaction->execute(grants));
  TRY_ASSIGN(const Rows missing, transaction->query(own(warehouse, sql, "rights_missing"), {role}));
  if (!missing.empty()) {
    return refuse(warehouse, role,
                  fmt::format("cannot be given the right to read {} by this user; let the owner of "
                              "the tables grant it",
                              missing.at(0, 0).text));
  }
  TRY(expect_no_more(warehouse, *transaction, sql, role));
  return transaction->commit();
}

}  // namespace sparkify
