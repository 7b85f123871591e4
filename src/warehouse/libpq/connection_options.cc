#include "warehouse/libpq/connection_options.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <charconv>

#include "base/handle.h"
#include "base/percent_encoding.h"
#include "base/utf8.h"

namespace sparkify::libpq {

namespace {

constexpr std::string_view kVerifyFull = "verify-full";
/// What libpq takes where nobody has said a mode.
constexpr std::string_view kLibpqSslmode = "prefer";

void free_options(PQconninfoOption** options) { PQconninfoFree(*options); }
using Options = Handle<PQconninfoOption*, free_options>;

void free_text(char** text) { PQfreemem(*text); }
using LibpqText = Handle<char*, free_text>;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool is_digits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string_view value_of(const Parameters& parameters, std::string_view name) {
  const auto found = parameters.find(name);
  return found == parameters.end() ? std::string_view() : std::string_view(found->second);
}

Error refuse(std::string_view reason) {
  return make_error(ErrorKind::config, fmt::format("the warehouse URL {}", reason));
}

Error refuse_password() {
  return refuse(
      "holds a password, which others could read in process lists and logs; take it out, change "
      "it if it was in use, and give it as SPARKIFY_DB_PASSWORD, as DB_PASSWORD under [CLUSTER] in "
      "dwh.cfg (mode 600), by --db-password-file or --db-password-command, or in a password file "
      "of "
      "libpq's (~/.pgpass, PGPASSFILE or ?passfile=FILE); the "
      "passphrase of a client's key goes into a service file (~/.pg_service.conf, mode 600) as "
      "sslpassword; an '@' that is part of no password is written as %40");
}

/// What follows `postgresql://` or `postgres://`; nothing if neither is there.
std::optional<std::string_view> without_scheme(std::string_view url) {
  for (const std::string_view scheme : {"postgresql://", "postgres://"}) {
    if (url.starts_with(scheme)) return url.substr(scheme.size());
  }
  return std::nullopt;
}

/// Whether `user:password@` is in front of the host, also where a `/` or `?` in the password, which
/// should have been percent-encoded, seems to end the host. Rather one URL too many than a password
/// that libpq takes for a port, or repeats in a message.
bool has_password_before_host(std::string_view rest) {
  std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != authority.npos) {
    return authority.substr(0, at).find(':') != authority.npos;
  }
  if (const std::size_t end = authority.find(']');
      authority.starts_with('[') && end != authority.npos) {
    authority.remove_prefix(end);  // the colons of an IPv6 address
  }
  return authority.find(':') != authority.npos && rest.find('@') != rest.npos;
}

/// `token` is what stands between two `&` of a query.
bool names_password(std::string_view token) {
  const std::string_view raw = token.substr(0, token.find('='));
  const std::string name = lower_case(percent_decode(raw).value_or(std::string(raw)));
  return name.find("password") != name.npos || name.find("passwd") != name.npos ||
         name.find("pwd") != name.npos;
}

bool holds_password(std::string_view rest) {
  if (has_password_before_host(rest)) return true;
  const std::size_t query = rest.find('?');
  if (query == rest.npos) return false;
  const auto tokens = split(rest.substr(query + 1), '&');
  return std::any_of(tokens.begin(), tokens.end(), names_password);
}

/// `url` with "..." for every value of its query: libpq's messages repeat parts of what it reads.
std::string without_values(std::string_view url) {
  const std::size_t query = url.find('?');
  if (query == url.npos) return std::string(url);
  std::string shown(url.substr(0, query));
  char separator = '?';
  for (const std::string_view token : split(url.substr(query + 1), '&')) {
    shown += separator;
    separator = '&';
    const std::size_t name_end = token.find('=');
    if (name_end != token.npos) shown += token.substr(0, name_end + 1);
    if (!token.empty()) shown += "...";
    // A second '=' is a mistake of its own.
    if (name_end != token.npos && token.find('=', name_end + 1) != token.npos) shown += '=';
  }
  return shown;
}

struct Parsed {
  Options options;
  std::string refusal;  ///< libpq's words if `options` is empty
};

Parsed parse_with_libpq(const std::string& url) {
  Parsed parsed;
  LibpqText message;
  parsed.options = Options(PQconninfoParse(url.c_str(), message.out()));
  if (parsed.options) return parsed;
  std::string_view refusal = message ? message.get() : "out of memory";
  while (refusal.ends_with('\n')) refusal.remove_suffix(1);
  parsed.refusal = printable(refusal);
  return parsed;
}

/// Why libpq does not take `url`, in its own words where they cannot repeat a value: a parameter
/// with a wrong name may have been meant to be a secret.
Error refuse_for_libpq(const std::string& url) {
  const Parsed shown = parse_with_libpq(without_values(url));
  if (!shown.options) return refuse(fmt::format("cannot be read: {}", shown.refusal));
  return refuse(
      "cannot be read: a value behind its '?' is not percent-encoded rightly; a '%' itself is "
      "written as %25");
}

bool has_bad_port(const Parameters& parameters) {
  const auto ports = split(value_of(parameters, "port"), ',');
  return !std::all_of(ports.begin(), ports.end(), is_digits);
}

bool is_octet(std::string_view text) {
  if (text.empty() || text.size() > 3 || !is_digits(text)) return false;
  if (text.size() > 1 && text.front() == '0') return false;
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value <= 255;
}

bool is_loopback(std::string_view host) {
  const auto octets = split(host, '.');
  return octets.size() == 4 && octets.front() == "127" &&
         std::all_of(octets.begin(), octets.end(), is_octet);
}

bool is_local_entry(std::string_view host) {
  return host.empty() || host.front() == '/' || host.front() == '@' || host == "::1" ||
         lower_case(host) == "localhost" || is_loopback(host);
}

std::string_view protection_of(std::string_view sslmode) {
  if (sslmode == "disable") return "nothing is encrypted";
  if (sslmode == "allow" || sslmode == kLibpqSslmode) {
    return "it may go without encryption, and nobody checks who answers";
  }
  if (sslmode == "require") return "it is encrypted, but nobody checks who answers";
  if (sslmode == "verify-ca") {
    return "the server's certificate is checked, but not that it is this host's";
  }
  return "nobody knows how well it is protected";
}

std::string shown_host(std::string_view host) {
  const std::size_t zone = std::min(host.find('%'), host.size());
  const std::string_view address = host.substr(0, zone);
  const bool is_ipv6 = address.find(':') != address.npos &&
                       address.find_first_not_of("0123456789abcdefABCDEF:.") == address.npos;
  if (!is_ipv6) return percent_encode(host);
  return fmt::format("[{}{}]", address, percent_encode(host.substr(zone)));
}

std::string shown_hosts(std::string_view host_list, std::string_view port_list) {
  const auto hosts = split(host_list, ',');
  const auto ports = split(port_list, ',');
  std::string shown;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (i > 0) shown += ',';
    shown += shown_host(hosts[i]);
    // One port is that of every host.
    const std::string_view port = ports[std::min(i, ports.size() - 1)];
    if (!port.empty()) shown += ":" + percent_encode(port);
  }
  return shown;
}

}  // namespace

Result<Parameters> parse_url(const std::string& url) {
  const auto rest = without_scheme(url);
  if (!rest.has_value()) {
    return refuse(
        "does not begin with postgresql:// or postgres://; write it as "
        "postgresql://USER@HOST:PORT/DATABASE");
  }
  if (holds_password(*rest)) return refuse_password();
  if (url.find('\0') != url.npos) return refuse("holds a NUL byte; take it out");
  const Parsed parsed = parse_with_libpq(url);
  if (!parsed.options) return refuse_for_libpq(url);

  Parameters parameters;
  for (const PQconninfoOption* option = parsed.options.get(); option->keyword != nullptr;
       ++option) {
    if (option->val == nullptr) continue;
    // libpq marks so what must not be shown.
    if (std::string_view(option->dispchar) == "*") return refuse_password();
    parameters.emplace(option->keyword, option->val);
  }
  if (has_bad_port(parameters)) {
    return refuse(
        "has a port that is no number; write it as "
        "postgresql://USER@HOST:PORT/DATABASE");
  }
  return parameters;
}

bool is_local_host(std::string_view host) {
  const auto entries = split(host, ',');
  return std::all_of(entries.begin(), entries.end(), is_local_entry);
}

std::optional<std::string> default_sslmode(const ConnectionRequest& request,
                                           const Parameters& asked, const Parameters& effective) {
  // An empty mode asks for nothing.
  if (!value_of(asked, "sslmode").empty()) return std::nullopt;
  if (!request.environment_sslmode.value_or("").empty()) return std::nullopt;
  const std::string_view mode = value_of(effective, "sslmode");
  if (!mode.empty() && mode != kLibpqSslmode) return std::nullopt;
  // libpq connects to hostaddr if there is one, whatever host says.
  if (is_local_host(value_of(effective, "host")) &&
      is_local_host(value_of(effective, "hostaddr"))) {
    return std::nullopt;
  }
  return std::string(kVerifyFull);
}

void add_root_certificates(Parameters& parameters, const Parameters& effective,
                           const RootCertificates& known) {
  if (!value_of(effective, "sslrootcert").empty() || !known.user.empty()) return;
  const auto asked = parameters.find("sslmode");
  const std::string_view mode =
      asked != parameters.end() ? std::string_view(asked->second) : value_of(effective, "sslmode");
  if (!mode.starts_with("verify-") || known.system.empty()) return;
  parameters["sslrootcert"] = known.system;
}

std::optional<std::string> weak_tls_warning(std::string_view host, std::string_view sslmode) {
  if (is_local_host(host) || sslmode == kVerifyFull) return std::nullopt;
  const std::string_view mode = sslmode.empty() ? kLibpqSslmode : sslmode;
  return fmt::format(
      "the connection to {} goes with sslmode={}: {}; ask for sslmode=verify-full, with "
      "sslrootcert=FILE for the authority that signed the server's certificate",
      printable(host), printable(mode), protection_of(mode));
}

std::string display_address(const Parameters& effective, std::string_view scheme) {
  const std::string_view user = value_of(effective, "user");
  const std::string_view host = value_of(effective, "host");
  const std::string_view database = value_of(effective, "dbname");
  std::string address = std::string(scheme) + "://";
  if (!user.empty()) address += percent_encode(user) + "@";
  address += shown_hosts(host.empty() ? value_of(effective, "hostaddr") : host,
                         value_of(effective, "port"));
  if (!database.empty()) address += "/" + percent_encode(database);
  return address;
}

}  // namespace sparkify::libpq
