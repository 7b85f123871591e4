#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"

namespace sparkify::libpq {

/// What a connection is asked for, from outside.
struct ConnectionRequest {
  std::string url;  ///< postgresql://[USER@][HOST[:PORT]][/DB][?param=value&...]; no password
  Secret password;  ///< empty: libpq finds one itself (environment, password file, service)
  /// PGSSLMODE, if it is set: libpq reads it, and so it counts as asked for.
  std::optional<std::string> environment_sslmode;
};

/// Connection parameters in libpq's names, such as host, port, user, dbname, sslmode.
using Parameters = std::map<std::string, std::string, std::less<>>;

/// The parameters that `url` names; nothing that libpq would add by itself.
/// Errors: `config`: no URL that libpq takes, a parameter that it does not know (its own words), or
/// one that holds a password. No error contains a password.
Result<Parameters> parse_url(const std::string& url);

/// Whether `host` (libpq's `host` or `hostaddr`, may be a list with commas) is this machine: empty,
/// a socket's folder (`/...`) or name (`@...`), localhost, 127.0.0.0/8 or ::1. Every one of a list.
bool is_local_host(std::string_view host);

/// The TLS mode to ask for where nobody has said one: verify-full unless `host` is local, else
/// nothing (libpq's own default). `effective`: every parameter with libpq's own defaults,
/// environment and service file applied, as PQconninfo tells.
///   - `asked.sslmode` or `environment_sslmode` given: that one is kept.
///   - `effective.sslmode` other than libpq's default "prefer": the service file has asked for it.
std::optional<std::string> default_sslmode(const ConnectionRequest& request,
                                           const Parameters& asked, const Parameters& effective);

/// Where authorities' certificates are looked for when nobody says where: the user's own file
/// (~/.postgresql/root.crt), which libpq knows, then the system's. Files that exist, or empty.
struct RootCertificates {
  std::string user;
  std::string system;
};

/// libpq looks for authorities in one file of the user's; where there is none, and the certificate
/// is to be verified, the system's serve.
void add_root_certificates(Parameters& parameters, const Parameters& effective,
                           const RootCertificates& known);

/// A sentence for the log when a connection to a host that is not local goes with less than
/// verify-full; nothing otherwise. `sslmode`: the mode in force.
std::optional<std::string> weak_tls_warning(std::string_view host, std::string_view sslmode);

/// The address for messages: scheme://user@host:port/database, without parameters; a socket's
/// folder is percent-encoded. Everything is safe to print.
std::string display_address(const Parameters& effective, std::string_view scheme);

}  // namespace sparkify::libpq
