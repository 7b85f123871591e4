#include "warehouse/libpq/server_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace sparkify::libpq {

namespace {

struct Advice {
  std::string_view sqlstate;  ///< or its first characters
  std::string_view what_to_do;
};

constexpr std::string_view kConflict = "40001";

constexpr std::array<Advice, 19> kAdvice = {{
    {"25006",
     "the server takes no writes: it is a standby, or its transactions are read-only by default; "
     "give the address of the primary (with several hosts, target_session_attrs=read-write)"},
    {"42501", "the role {role} has not the right; let the owner grant it, or load as the owner"},
    {"42P01", "a table is not there; make the tables with `sparkify create-tables`"},
    {"53100", "the server's disk is full; free space there and run again"},
    {"53200", "the server is out of memory; lower its work_mem or the run's --threads"},
    {"53300",
     "the server has no connection left; try again later, lower --threads, or raise its "
     "max_connections"},
    {"53400", "a limit of the server's configuration was passed; ask who runs it"},
    {"57P01", "the server is being shut down or has ended this session; run again when it is up"},
    {"57P02", "the server crashed; run again when it is up"},
    {"57P03", "the server is starting or stopping; run again when it is up"},
    {"57P05", "the server ended an idle session; run again"},
    {"28", "check the role, its password and the server's pg_hba.conf"},
    {"3D000", "there is no such database; create it, or correct the URL"},
    {"3F000", "there is no such schema; create it, or correct --schema"},
    {"40", "others changed or held the same rows; run again"},
    {"55P03", "others held a lock on our tables for too long; run again"},
    {"58", "the server met an error of its own disk or system; see its log, then run again"},
    {"XX", "the server met an error of its own; see its log, then run again"},
    {"0A000", "this PostgreSQL does not know what we need; version 13 or later is needed"},
}};

struct Clue {
  std::string_view part;  ///< of the message
  std::string_view what_to_do;
};

constexpr std::string_view kOtherRegion =
    "the bucket is in another region than the cluster: give it as --region";
constexpr std::string_view kRoleMayNotRead =
    "the role that --iam-role names needs s3:GetObject and s3:ListBucket on the control prefix "
    "(and "
    "on the data, for --stage direct), and kms:Decrypt if the bucket is encrypted with a key";
constexpr std::string_view kPartIsGone =
    "an object that was just listed or written is not there any more: look whether a lifecycle "
    "rule "
    "or somebody else removes objects (below the control prefix, too), then run again";

/// Redshift tells most of its own troubles by text.
constexpr std::array<Clue, 10> kRedshiftAdvice = {{
    {"not authorized to assume IAM Role",
     "let the role's trust policy name redshift.amazonaws.com (and in a chain each role the one "
     "before it), and attach the first role to the cluster or namespace"},
    {"not associated to cluster",
     "attach the role to the cluster or namespace, in its list of associated IAM roles"},
    {"PermanentRedirect", kOtherRegion},
    {"must be addressed using the specified endpoint", kOtherRegion},
    {"Access Denied", kRoleMayNotRead},
    {"AccessDenied", kRoleMayNotRead},
    {"NoSuchBucket", "correct --control: there is no such bucket"},
    {"not present in manifest", kPartIsGone},
    {"The specified key does not exist", kPartIsGone},
    {"The specified S3 prefix", kPartIsGone},
}};

std::string redshift_advice(std::string_view text) {
  for (const Clue& clue : kRedshiftAdvice) {
    if (text.find(clue.part) != text.npos) return std::string(clue.what_to_do);
  }
  return {};
}

std::string advice_for(std::string_view sqlstate, std::string_view role) {
  if (sqlstate.empty()) return {};
  const auto* const found = std::find_if(kAdvice.begin(), kAdvice.end(), [&](const Advice& advice) {
    return sqlstate.starts_with(advice.sqlstate);
  });
  if (found == kAdvice.end()) return {};
  std::string text(found->what_to_do);
  constexpr std::string_view kRole = "{role}";
  if (const std::size_t at = text.find(kRole); at != std::string::npos) {
    text.replace(at, kRole.size(), printable(role));
  }
  return text;
}

/// Redshift reports conflicts with the SQLSTATE of an internal error: under serializable isolation
/// as number 1023, under snapshot isolation in words.
bool is_redshift_conflict(std::string_view text) {
  return text.starts_with("1023") || text.find("conflict with concurrent transaction") != text.npos;
}

bool is_worth_another_try(std::string_view sqlstate) {
  return sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "55P03" || sqlstate == "57014";
}

/// One line, without libpq's indentation.
std::string in_one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool is_space = c == '\n' || c == '\t' || c == ' ';
    if (is_space && (line.empty() || line.back() == ' ')) continue;
    line += is_space ? ' ' : c;
  }
  while (line.ends_with(' ')) line.pop_back();
  return printable(line);
}

std::string what_was_said(const ServerMessage& message, std::string_view where) {
  std::string text = fmt::format("{}: {}", where, in_one_line(message.text));
  if (!message.detail.empty()) text += fmt::format(" ({})", in_one_line(message.detail));
  if (!message.sqlstate.empty()) text += fmt::format(" [{}]", printable(message.sqlstate));
  return text;
}

}  // namespace

Error explain_user_sql(const ServerMessage& message, std::string_view where) {
  std::string text = what_was_said(message, where);
  if (message.sqlstate == "25006") text += "; only statements that read are allowed here";
  if (!message.hint.empty()) text += "; " + in_one_line(message.hint);
  return make_error(ErrorKind::database, text);
}

Error explain(const ServerMessage& message, std::string_view where, std::string_view role,
              Product product) {
  std::string text = what_was_said(message, where);
  const bool is_redshift = product == Product::redshift;
  std::string advice = is_redshift ? redshift_advice(message.text + message.detail) : "";
  const bool is_conflict =
      is_worth_another_try(message.sqlstate) || (is_redshift && is_redshift_conflict(message.text));
  // Redshift calls nearly everything an internal error.
  const bool is_vague = is_redshift && message.sqlstate.starts_with("XX");
  if (advice.empty() && (is_conflict || !is_vague)) {
    advice = advice_for(is_vague ? kConflict : message.sqlstate, role);
  }
  if (!advice.empty()) text += "; " + advice;
  if (advice.empty() && !message.hint.empty()) text += "; " + in_one_line(message.hint);
  const auto kind = is_conflict ? ErrorKind::conflict : ErrorKind::database;
  return make_error(kind, text);
}

Error explain_refused_connection(std::string_view text, std::string_view where, Product product) {
  const std::string line = in_one_line(text);
  const auto says = [&line](std::string_view part) { return line.find(part) != line.npos; };
  // In the midst of a handshake a lost connection has SSL's name, too; no certificate mends it.
  const bool is_tls =
      says("certificate") || says("TLS") || (says("SSL") && !says("SSL SYSCALL error"));
  std::string advice = "check the address, and that the server is up";
  if (product == Product::redshift) {
    advice =
        "check the address; that the cluster is available, not paused; that its security group "
        "lets "
        "this machine in, and the network leads there";
  }
  if (product == Product::redshift && says("password authentication failed")) {
    advice =
        "check the user and the password (docs/redshift.md tells where it goes); a temporary one "
        "ends "
        "after 15 minutes, and --iam-auth gets a fresh one for each connection";
  } else if (says("no password supplied") || says("password authentication failed")) {
    advice =
        "give the password as SPARKIFY_DB_PASSWORD, as DB_PASSWORD under [CLUSTER] in dwh.cfg, by "
        "--db-password-file or --db-password-command, or in a password file of libpq's (~/.pgpass)";
  } else if (product == Product::redshift && is_tls) {
    advice =
        "the connection is always verified: give the host by the name that AWS shows, and where "
        "the "
        "system does not know Amazon's authorities, their file as ?sslrootcert=FILE";
  } else if (is_tls) {
    advice =
        "hosts that are not local are asked for TLS with a verified name (sslmode=verify-full); "
        "give the authority's certificate as ?sslrootcert=FILE, or ask for a weaker ?sslmode=";
  } else if (says("no pg_hba.conf entry")) {
    advice = "the server's pg_hba.conf does not let this role in from here";
  } else if (says("does not exist") && says("database")) {
    advice = "create the database, or correct the URL";
  } else if (says("too many connections for")) {
    advice =
        "a run takes one connection more than --threads, at least two; raise the connection limit "
        "of the role or the database, or try again later";
  } else if (says("too many clients") || says("remaining connection slots")) {
    advice = "the server has no connection left; try again later, or raise its max_connections";
  } else if (says("starting up") || says("shutting down")) {
    advice = "run again when the server is up";
  }
  return make_error(ErrorKind::database,
                    fmt::format("{}: no connection ({}); {}", where, line, advice));
}

}  // namespace sparkify::libpq
