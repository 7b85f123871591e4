#include "cli/settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/assert.h"
#include "base/byte_size.h"
#include "base/percent_encoding.h"
#include "base/utf8.h"
#include "cli/dwh_cfg.h"
#include "cli/nearest_word.h"
#include "cli/url_secret.h"
#include "source/s3/s3_uri.h"

namespace sparkify {
namespace {

constexpr std::string_view kDefaultWarehouse = "duckdb:sparkify.duckdb";
constexpr std::string_view kEnvironmentPrefix = "SPARKIFY_";
constexpr std::uint64_t kRedshiftPort = 5439;
constexpr std::uint64_t kThreadsMax = 256;
constexpr std::uint64_t kTransfersMax = 256;
constexpr std::uint64_t kMemoryLimitMin = std::uint64_t{256} << 20;
constexpr std::size_t kEchoWidthMax = 60;
constexpr std::string_view kNotSet = "(not set)";

struct Definition {
  std::string_view name;
  bool has_flag;
  bool is_hidden;            // tuning for tests
  std::string_view section;  // empty: not in the file
  std::string_view key;
};

constexpr std::array<Definition, 32> kDefinitions = {{
    {"warehouse", true, false, "SPARKIFY", "WAREHOUSE"},
    {"schema", true, false, "SPARKIFY", "SCHEMA"},
    {"log_data", true, false, "S3", "LOG_DATA"},
    {"song_data", true, false, "S3", "SONG_DATA"},
    {"log_jsonpath", true, false, "S3", "LOG_JSONPATH"},
    {"profile", true, false, "S3", "PROFILE"},
    {"region", true, false, "S3", "REGION"},
    {"endpoint_url", true, false, "S3", "ENDPOINT_URL"},
    {"no_sign_request", true, false, "S3", "NO_SIGN_REQUEST"},
    {"request_payer", true, false, "S3", "REQUEST_PAYER"},
    {"addressing", true, false, "S3", "ADDRESSING"},
    {"transfers", true, false, "S3", "TRANSFERS"},
    {"control", true, false, "S3", "CONTROL"},
    {"stage", true, false, "S3", "STAGE"},
    {"iam_role", true, false, "IAM_ROLE", "ARN"},
    {"iam_auth", true, false, "CLUSTER", "IAM_AUTH"},
    {"cluster", true, false, "CLUSTER", "IDENTIFIER"},
    {"workgroup", true, false, "CLUSTER", "WORKGROUP"},
    {"db_password", false, false, "CLUSTER", "DB_PASSWORD"},
    {"db_password_file", true, false, "CLUSTER", "DB_PASSWORD_FILE"},
    {"db_password_command", true, false, "CLUSTER", "DB_PASSWORD_COMMAND"},
    {"threads", true, false, "SPARKIFY", "THREADS"},
    {"memory_limit", true, false, "SPARKIFY", "MEMORY_LIMIT"},
    {"max_rejects", true, false, "SPARKIFY", "MAX_REJECTS"},
    {"log_format", true, false, "SPARKIFY", "LOG_FORMAT"},
    {"group_bytes", false, true, "", ""},
    {"block_bytes", false, true, "", ""},
    {"straight_bytes", false, true, "", ""},
    {"part_bytes", false, true, "", ""},
    {"retry_ms", false, true, "", ""},
    {"stall_s", false, true, "", ""},
    {"core_dumps", false, true, "", ""},  // main() looks at it, before there are settings
}};

const Definition& definition(std::string_view name) {
  const auto* found = std::find_if(kDefinitions.begin(), kDefinitions.end(),
                                   [&](const Definition& each) { return each.name == name; });
  SPARKIFY_ASSERT(found != kDefinitions.end());
  return *found;
}

std::string flag_name(std::string_view name) {
  std::string flag = "--" + std::string(name);
  std::replace(flag.begin(), flag.end(), '_', '-');
  return flag;
}

std::string variable_name(std::string_view name) {
  std::string variable(kEnvironmentPrefix);
  for (const char c : name) {
    variable += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return variable;
}

// A text that somebody wrote, and where. Points into the sources.
struct Found {
  const std::string* text;
  std::string origin;
};

// Of the three ways to give the database's password.
using PasswordPlaces = std::array<std::optional<Found>, 3>;

Error refuse(std::string_view origin, std::string_view message) {
  return make_error(ErrorKind::config, fmt::format("{}: {}", origin, message));
}

std::string echo(std::string_view text) {
  return "'" + std::string(display_prefix(printable(text), kEchoWidthMax)) + "'";
}

Result<std::uint64_t> parse_count(const Found& found, std::uint64_t min, std::uint64_t max,
                                  std::string_view what) {
  const std::string& text = *found.text;
  std::uint64_t count = 0;
  const char* const text_end = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), text_end, count);
  if (error != std::errc() || end != text_end || count < min || count > max) {
    return refuse(found.origin, fmt::format("{} is no {}; give a whole number from {} to {}",
                                            echo(text), what, min, max));
  }
  return count;
}

Result<std::uint64_t> parse_size(const Found& found) {
  auto size_bytes = parse_byte_size(*found.text);
  if (!size_bytes.ok()) return refuse(found.origin, size_bytes.error().message);
  return *size_bytes;
}

// The three places where a password may be; docs/configuration.md has them too.
std::string password_places(std::string_view config_name) {
  return fmt::format(
      "set SPARKIFY_DB_PASSWORD; or put it into a file that only you can read (mode 600): one of "
      "its own, named by --db-password-file, or as DB_PASSWORD under [CLUSTER] in {}; or let "
      "--db-password-command name a command that prints it",
      config_name);
}

Error refuse_password(std::string_view origin, std::string_view config_name) {
  return refuse(origin,
                fmt::format("the warehouse URL seems to hold a password, which others could read "
                            "in process lists and logs; take it out, change it if it was in use, "
                            "and give it in one of three other ways: {}",
                            password_places(config_name)));
}

bool is_host(std::string_view text) { return text.size() <= 255 && percent_encode(text) == text; }

bool is_ipv6(std::string_view text) {
  return std::count(text.begin(), text.end(), ':') >= 2 &&
         text.find_first_not_of("0123456789abcdefABCDEF:.") == text.npos;
}

/// Goes through the settings one by one and keeps what it finds.
class Resolver {
 public:
  Resolver(const SettingSources& sources, const std::optional<DwhCfg>& cfg)
      : sources_(sources),
        cfg_(cfg),
        machine_(sources.machine.has_value() ? *sources.machine : read_machine()) {}

  Result<Settings> run() {
    TRY(check_flags());
    if (cfg_.has_value()) settings_.warnings = cfg_->warnings;
    warn_of_unknown_variables();
    TRY(warehouse());
    optional_text("schema", settings_.schema);
    TRY(location("log_data", settings_.log_data));
    TRY(location("song_data", settings_.song_data));
    TRY(location("log_jsonpath", settings_.log_jsonpath));
    TRY(location("control", settings_.control));
    TRY(stage());
    optional_text("iam_role", settings_.iam_role);
    TRY(yes_or_no("iam_auth", settings_.iam_auth));
    optional_text("cluster", settings_.cluster);
    optional_text("workgroup", settings_.workgroup);
    TRY(s3());
    TRY(db_password());
    TRY(threads());
    TRY(memory_limit());
    TRY(max_rejects());
    TRY(log_format());
    TRY(tuning("group_bytes", settings_.group_bytes));
    TRY(tuning("block_bytes", settings_.block_bytes));
    TRY(tuning("straight_bytes", settings_.straight_bytes));
    TRY(tuning("part_bytes", settings_.s3.part_bytes));
    TRY(tuning_count("retry_ms", settings_.s3.retry_ms));
    TRY(tuning_count("stall_s", settings_.s3.stall_s));
    return std::move(settings_);
  }

 private:
  Status check_flags() const {
    for (const auto& [name, text] : sources_.flags) {
      if (name == "db_password") {
        return make_error(
            ErrorKind::usage,
            fmt::format("a password on the command line is refused, because others "
                        "can read it in process lists; there are three other ways: {}",
                        password_places(config_name())));
      }
      SPARKIFY_ASSERT(definition(name).has_flag);
      if (text.empty()) return refuse("flag " + flag_name(name), "its value is empty; give one");
    }
    return {};
  }

  void warn_of_unknown_variables() {
    std::vector<std::string> variables;
    for (const Definition& each : kDefinitions) {
      if (!each.is_hidden) variables.push_back(variable_name(each.name));
    }
    std::vector<std::string_view> known;  // without the prefix, which would make all of them alike
    for (const std::string& variable : variables) {
      known.push_back(std::string_view(variable).substr(kEnvironmentPrefix.size()));
    }
    for (const auto& [variable, ignored] : sources_.environment) {
      if (!variable.starts_with(kEnvironmentPrefix) || is_known_variable(variable)) continue;
      const auto nearest =
          nearest_word(std::string_view(variable).substr(kEnvironmentPrefix.size()), known);
      const std::string hint = nearest.has_value()
                                   ? fmt::format("did you mean {}{}?", kEnvironmentPrefix, *nearest)
                                   : fmt::format("known variables: {}", fmt::join(variables, ", "));
      settings_.warnings.push_back(fmt::format("environment {} is unknown and not used; {}",
                                               display_prefix(printable(variable), kEchoWidthMax),
                                               hint));
    }
  }

  static bool is_known_variable(std::string_view variable) {
    return std::any_of(kDefinitions.begin(), kDefinitions.end(), [&](const Definition& each) {
      return variable_name(each.name) == variable;
    });
  }

  std::string config_name() const {
    return printable(sources_.config_path.value_or(sources_.default_config_path));
  }

  std::optional<Found> find(std::string_view name) const {
    const Definition& wanted = definition(name);
    if (auto flag = find_in_flags(wanted)) return flag;
    if (auto variable = find_in_environment(wanted)) return variable;
    return find_in_file(wanted);
  }

  std::optional<Found> find_in_flags(const Definition& wanted) const {
    const auto flag = sources_.flags.find(std::string(wanted.name));
    if (flag == sources_.flags.end()) return std::nullopt;
    return Found{&flag->second, "flag " + flag_name(wanted.name)};
  }

  std::optional<Found> find_in_environment(const Definition& wanted) const {
    const std::string variable = variable_name(wanted.name);
    const auto set = sources_.environment.find(variable);
    if (set == sources_.environment.end() || set->second.empty()) return std::nullopt;
    return Found{&set->second, "environment " + variable};
  }

  std::optional<Found> find_in_file(const Definition& wanted) const {
    return wanted.section.empty() ? std::nullopt : find_in_file(wanted.section, wanted.key);
  }

  std::optional<Found> find_in_file(std::string_view section, std::string_view key) const {
    const DwhCfgValue* const value = cfg_.has_value() ? cfg_->find(section, key) : nullptr;
    if (value == nullptr) return std::nullopt;
    return Found{&value->text.reveal(), cfg_->origin(*value)};
  }

  void show(std::string_view name, std::string_view value, const std::optional<Found>& found,
            bool is_secret = false) {
    settings_.shown.push_back(Setting{std::string(name), printable(value),
                                      found.has_value() ? found->origin : "default", is_secret});
  }

  Status warehouse() {
    const auto found = find("warehouse");
    if (found.has_value()) {
      if (holds_password(*found->text)) return refuse_password(found->origin, config_name());
      settings_.warehouse = *found->text;
      show("warehouse", settings_.warehouse, found);
      return {};
    }
    if (const auto host = find_in_file("CLUSTER", "HOST")) {
      TRY_ASSIGN(settings_.warehouse, cluster_url(*host));
      show("warehouse", settings_.warehouse, Found{nullptr, cfg_->file_name + " [CLUSTER]"});
      return {};
    }
    settings_.warehouse = kDefaultWarehouse;
    show("warehouse", settings_.warehouse, found);
    return {};
  }

  Result<std::string> cluster_url(const Found& host) const {
    if (!is_host(*host.text) && !is_ipv6(*host.text)) {
      return refuse(host.origin,
                    "[CLUSTER] HOST is no host name; write only the name there (port and database "
                    "have keys of their own, DB_PORT and DB_NAME), or leave it empty to load into "
                    "a local file");
    }
    const auto user = find_in_file("CLUSTER", "DB_USER");
    const auto database = find_in_file("CLUSTER", "DB_NAME");
    if (!user.has_value() || !database.has_value()) {
      return refuse(host.origin, fmt::format("[CLUSTER] HOST is set, but {} is not; set it in the "
                                             "same section, or choose the warehouse by --warehouse",
                                             user.has_value() ? "DB_NAME" : "DB_USER"));
    }
    std::uint64_t port = kRedshiftPort;
    if (const auto port_text = find_in_file("CLUSTER", "DB_PORT")) {
      TRY_ASSIGN(port, parse_count(*port_text, 1, 65535, "port (DB_PORT)"));
    }
    std::string url = fmt::format("redshift://{}@{}:{}/{}", percent_encode(*user->text),
                                  is_host(*host.text) ? *host.text : "[" + *host.text + "]", port,
                                  percent_encode(*database->text));
    if (!holds_password(url)) return url;
    return refuse(user->origin,
                  "[CLUSTER] DB_USER or DB_NAME seems to hold a password (such as "
                  "`?password=...`), which messages would show; write only the name there: the "
                  "password has a key of its own, DB_PASSWORD");
  }

  void optional_text(std::string_view name, std::optional<std::string>& value) {
    const auto found = find(name);
    if (found.has_value()) value = *found->text;
    show(name, found.has_value() ? std::string_view(*found->text) : kNotSet, found);
  }

  Status location(std::string_view name, std::optional<std::string>& value) {
    const auto found = find(name);
    if (found.has_value() && holds_aws_keys(*found->text)) {
      return refuse(found->origin, kKeysInLocation);
    }
    optional_text(name, value);
    return {};
  }

  Status s3() {
    S3Settings& s3 = settings_.s3;
    optional_text("profile", s3.profile);
    optional_text("region", s3.region);
    TRY(endpoint_url());
    bool unsigned_requests = false;
    TRY(yes_or_no("no_sign_request", unsigned_requests));
    s3.sign_request = !unsigned_requests;
    TRY(requester_pays());
    TRY(addressing());
    const auto found = find("transfers");
    if (found.has_value()) {
      TRY_ASSIGN(s3.transfers, parse_count(*found, 1, kTransfersMax, "number of transfers"));
    }
    show("transfers", std::to_string(s3.transfers), found);
    return {};
  }

  Status endpoint_url() {
    const auto found = find("endpoint_url");
    if (found.has_value() && found->text->find('@') != std::string::npos) {
      return refuse(found->origin,
                    "the S3 endpoint's URL seems to hold a password, which others could read; give "
                    "the address alone: credentials have places of their own (docs/s3.md)");
    }
    optional_text("endpoint_url", settings_.s3.endpoint_url);
    return {};
  }

  Status yes_or_no(std::string_view name, bool& value) {
    const auto found = find(name);
    if (found.has_value() && *found->text == "true") {
      value = true;
    } else if (found.has_value() && *found->text != "false") {
      return refuse(found->origin, fmt::format("{} is neither true nor false", echo(*found->text)));
    }
    show(name, value ? "true" : "false", found);
    return {};
  }

  Status requester_pays() {
    const auto found = find("request_payer");
    if (found.has_value() && *found->text != "requester") {
      return refuse(found->origin, fmt::format("{}: only `requester` can be said here, or nothing",
                                               echo(*found->text)));
    }
    settings_.s3.requester_pays = found.has_value();
    show("request_payer", found.has_value() ? "requester" : kNotSet, found);
    return {};
  }

  Status addressing() {
    using Addressing = S3Settings::Addressing;
    return choice<Addressing>("addressing", "addressing style",
                              {{{"auto", Addressing::automatic},
                                {"path", Addressing::path},
                                {"virtual", Addressing::virtual_host}}},
                              settings_.s3.addressing);
  }

  Status stage() {
    using Stage = Settings::Stage;
    return choice<Stage>(
        "stage", "way to stage rows",
        {{{"auto", Stage::automatic}, {"compact", Stage::compact}, {"direct", Stage::direct}}},
        settings_.stage);
  }

  /// One of three words, of which the first is the default.
  template <typename Kind>
  Status choice(std::string_view name, std::string_view what,
                const std::array<std::pair<std::string_view, Kind>, 3>& words, Kind& value) {
    const auto found = find(name);
    const std::string_view text =
        found.has_value() ? std::string_view(*found->text) : words.front().first;
    const auto* const word = std::find_if(words.begin(), words.end(),
                                          [&](const auto& each) { return each.first == text; });
    if (word == words.end()) {
      return refuse(found->origin, fmt::format("{} is no {}; give {}, {} or {}", echo(text), what,
                                               words[0].first, words[1].first, words[2].first));
    }
    value = word->second;
    show(name, text, found);
    return {};
  }

  Status db_password() {
    const std::array<const Definition*, 3> ways = {&definition("db_password"),
                                                   &definition("db_password_file"),
                                                   &definition("db_password_command")};
    TRY_ASSIGN(const PasswordPlaces found, strongest_source(ways));
    const auto& [text, file, command] = found;
    if (text.has_value()) settings_.db_password = Secret(*text->text);
    if (file.has_value()) settings_.db_password_file = *file->text;
    if (command.has_value()) settings_.db_password_command = *command->text;
    for (const auto& each : found) {
      if (each.has_value()) settings_.db_password_origin = each->origin;
    }
    show(ways[0]->name, text.has_value() ? "(set)" : kNotSet, text, true);
    show(ways[1]->name, file.has_value() ? std::string_view(*file->text) : kNotSet, file);
    // Somebody may have written a password into the command.
    show(ways[2]->name, command.has_value() ? "(set)" : kNotSet, command, true);
    return {};
  }

  /// What the strongest source that has any of the ways says of them: at most one of them. Two are
  /// a mistake, as it would be a guess which of them is meant.
  Result<PasswordPlaces> strongest_source(const std::array<const Definition*, 3>& ways) const {
    using Look = std::optional<Found> (Resolver::*)(const Definition&) const;
    constexpr std::array<Look, 3> kSources = {
        &Resolver::find_in_flags, &Resolver::find_in_environment, &Resolver::find_in_file};
    PasswordPlaces places;
    for (const Look look : kSources) {
      const Found* first = nullptr;
      for (std::size_t i = 0; i < ways.size(); ++i) {
        places[i] = (this->*look)(*ways[i]);
        if (!places[i].has_value()) continue;
        if (first != nullptr) {
          return refuse(places[i]->origin,
                        fmt::format("there is another place for the password beside it, {}; keep "
                                    "one of the two",
                                    first->origin));
        }
        first = &*places[i];
      }
      if (first != nullptr) break;
    }
    return places;
  }

  Status threads() {
    const auto found = find("threads");
    settings_.threads = std::clamp<std::size_t>(machine_.processors, 1, kThreadsMax);
    if (found.has_value()) {
      TRY_ASSIGN(settings_.threads, parse_count(*found, 1, kThreadsMax, "number of threads"));
    }
    show("threads", std::to_string(settings_.threads), found);
    return {};
  }

  Status memory_limit() {
    const auto found = find("memory_limit");
    settings_.memory_limit_bytes = std::max(machine_.memory_bytes / 4, kMemoryLimitMin);
    if (found.has_value()) {
      TRY_ASSIGN(settings_.memory_limit_bytes, parse_size(*found));
      if (settings_.memory_limit_bytes < kMemoryLimitMin) {
        return refuse(
            found->origin,
            fmt::format("a memory limit of {} is too low: the database and the decoders share "
                        "it and need at least 256 MiB; give 256MiB or more",
                        format_bytes(settings_.memory_limit_bytes)));
      }
    }
    show("memory_limit", format_bytes(settings_.memory_limit_bytes), found);
    return {};
  }

  Status max_rejects() {
    const auto found = find("max_rejects");
    if (found.has_value() && *found->text != "none") {
      constexpr std::uint64_t kRejectsMax = 1'000'000'000'000;
      TRY_ASSIGN(settings_.max_rejects,
                 parse_count(*found, 0, kRejectsMax, "number of rejects ('none' means no limit)"));
    }
    show("max_rejects",
         settings_.max_rejects.has_value() ? std::to_string(*settings_.max_rejects) : "none",
         found);
    return {};
  }

  Status log_format() {
    const auto found = find("log_format");
    if (found.has_value() && *found->text == "json") {
      settings_.log_format = LogFormat::json;
    } else if (found.has_value() && *found->text != "text") {
      return refuse(found->origin,
                    fmt::format("{} is no log format; give text or json", echo(*found->text)));
    }
    show("log_format", settings_.log_format == LogFormat::json ? "json" : "text", found);
    return {};
  }

  Status tuning(std::string_view name, std::optional<std::uint64_t>& value) {
    const auto found = find(name);
    if (!found.has_value()) return {};
    TRY_ASSIGN(value, parse_size(*found));
    if (*value == 0) return refuse(found->origin, "must not be 0; give at least 1 byte");
    show(name, format_bytes(*value), found);
    return {};
  }

  Status tuning_count(std::string_view name, std::optional<std::uint64_t>& value) {
    constexpr std::uint64_t kMost = 1'000'000;
    const auto found = find(name);
    if (!found.has_value()) return {};
    TRY_ASSIGN(value, parse_count(*found, 1, kMost, "count"));
    show(name, std::to_string(*value), found);
    return {};
  }

  const SettingSources& sources_;
  const std::optional<DwhCfg>& cfg_;
  Machine machine_;
  Settings settings_;
};

Result<std::optional<DwhCfg>> read_config(const SettingSources& sources) {
  if (!sources.config_path.has_value()) return read_dwh_cfg(sources.default_config_path);
  TRY_ASSIGN(auto cfg, read_dwh_cfg(*sources.config_path));
  if (!cfg.has_value()) {
    return refuse(printable(*sources.config_path),
                  "no such file; correct the path after --config, or leave the flag out");
  }
  return cfg;
}

}  // namespace

Result<Settings> resolve_settings(const SettingSources& sources) {
  TRY_ASSIGN(const auto cfg, read_config(sources));
  return Resolver(sources, cfg).run();
}

Error missing_setting(std::string_view name) {
  const Definition& missing = definition(name);
  std::string ways = missing.has_flag ? fmt::format("give {}, ", flag_name(name)) : "";
  ways += fmt::format("set {}", variable_name(name));
  if (!missing.section.empty()) {
    ways += fmt::format(", or write {} under [{}] in dwh.cfg", missing.key, missing.section);
  }
  return make_error(ErrorKind::config, fmt::format("{} is not set; {}", name, ways));
}

std::optional<std::string> data_around_control(const Settings& settings) {
  for (const auto* data : {&settings.log_data, &settings.song_data}) {
    if (settings.control && *data && s3_lists_folder(**data, *settings.control)) return *data;
  }
  return std::nullopt;
}

}  // namespace sparkify
