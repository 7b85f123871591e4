#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/machine.h"
#include "base/result.h"
#include "base/secret.h"

namespace sparkify {

/// One line of `sparkify config`; every field is safe to print.
struct Setting {
  std::string name;    ///< `memory_limit`
  std::string value;   ///< for people: `1.5 GiB`, `(not set)`; of a secret only whether it is set
  std::string origin;  ///< `flag --threads`, `environment SPARKIFY_THREADS`, `dwh.cfg line 7`, ...
  bool is_secret = false;
};

enum class LogFormat { text, json };

/// How S3 is asked; beside it, all that the AWS command line reads of its environment and files.
struct S3Settings {
  std::optional<std::string> profile;       ///< of AWS's configuration files
  std::optional<std::string> region;        ///< none: as AWS's own settings have it
  std::optional<std::string> endpoint_url;  ///< none: as AWS's own settings have it
  bool sign_request = true;                 ///< false: public buckets, without credentials
  bool requester_pays = false;
  enum class Addressing { automatic, path, virtual_host } addressing = Addressing::automatic;
  std::size_t transfers = 32;               ///< GETs at once, 1 to 256
  std::optional<std::uint64_t> part_bytes;  ///< for tests; none: the program decides
  std::optional<std::uint64_t> retry_ms;    ///< for tests: the first pause before a retry
  std::optional<std::uint64_t> stall_s;     ///< for tests: how long a transfer may stall
};

/// What the whole program is told from outside. docs/configuration.md is the users' page of it.
struct Settings {
  std::string warehouse;                 ///< a URL; never with a password in it
  std::optional<std::string> schema;     ///< none: public; a DuckDB file has no choice of it
  std::optional<std::string> log_data;   ///< where the event logs are: a path or s3://...
  std::optional<std::string> song_data;  ///< where the song files are
  std::optional<std::string> log_jsonpath;
  std::optional<std::string> iam_role;  ///< under which Redshift reads S3
  std::optional<std::string> control;   ///< s3://...: what Redshift takes its rows from
  enum class Stage { automatic, compact, direct } stage = Stage::automatic;  ///< of Redshift's rows
  bool iam_auth = false;               ///< log in to Redshift with AWS credentials
  std::optional<std::string> cluster;  ///< for iam_auth, where the host's name does not tell
  std::optional<std::string> workgroup;
  /// The database's password, or the place that has it; at most one of the three.
  Secret db_password;                              ///< empty: not set
  std::optional<std::string> db_password_file;     ///< whose first line it is
  std::optional<std::string> db_password_command;  ///< for /bin/sh, which prints it
  std::string db_password_origin;                  ///< `environment SPARKIFY_DB_PASSWORD`, ...
  std::size_t threads = 1;                         ///< 1 to 256
  std::uint64_t memory_limit_bytes = 0;            ///< at least 256 MiB
  std::optional<std::uint64_t> max_rejects;        ///< none: no limit
  LogFormat log_format = LogFormat::text;
  S3Settings s3;
  std::optional<std::uint64_t> group_bytes;     ///< for tests; none: the program decides
  std::optional<std::uint64_t> block_bytes;     ///< for tests; none: the program decides
  std::optional<std::uint64_t> straight_bytes;  ///< for tests; none: the program decides

  std::vector<Setting> shown;         ///< in the order in which `sparkify config` lists them
  std::vector<std::string> warnings;  ///< whole sentences, without a value in them
};

/// Everything that settings are made from; only the configuration file is read by us.
struct SettingSources {
  /// The flags that were given, by setting name: {"memory_limit", "1GiB"}. A name that is no
  /// setting with a flag is our own mistake; db_password is the one that is refused politely.
  std::map<std::string, std::string> flags;
  /// The whole environment, or its SPARKIFY_* part. An empty variable is one that is not set.
  std::map<std::string, std::string> environment;
  /// Of `--config`; this file must exist.
  std::optional<std::string> config_path;
  /// Read if it exists and `config_path` is none.
  std::string default_config_path = "dwh.cfg";
  /// For the defaults of threads and memory; none: this machine.
  std::optional<Machine> machine;
};

/// Flag, then environment, then file, then default.
///
/// Errors    config: a value is wrong (a value that a stronger source hides is not looked at), the
///           file cannot be used, the warehouse URL holds a password; usage: a password among the
///           flags. No error and no warning contains a password.
Result<Settings> resolve_settings(const SettingSources& sources);

/// The error for a setting that a command needs and that is not set; says where it can be set.
/// `name`    One of the settings, `log_data`.
Error missing_setting(std::string_view name);

/// The location of logs or songs in which the control area lies, so that it would be read as data.
std::optional<std::string> data_around_control(const Settings& settings);

}  // namespace sparkify
