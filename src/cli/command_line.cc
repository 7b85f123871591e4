#include <string>

#include "base/version.h"
#include "cli/command.h"

namespace sparkify {

namespace {

constexpr const char* kDescription =
    "Loads a music app's JSON event logs and song files into a star schema: fact songplays,\n"
    "dimensions users, songs, artists, time. Each version of each file is applied exactly once.";

constexpr const char* kFooter =
    "Start here:\n"
    "  sparkify generate --out sample\n"
    "  sparkify create-tables\n"
    "  sparkify etl --log-data sample/log_data --song-data sample/song_data\n"
    "  sparkify query \"select title, artist_name, count(*) from plays group by all limit 5\"\n"
    "\n"
    "Every setting can also come from SPARKIFY_* variables or a dwh.cfg file: `sparkify config`\n"
    "shows them all. `man sparkify` has the exit codes.";

/// As the AWS command line names them.
void add_s3_flags(CLI::App& app, GlobalFlags& flags) {
  add_setting_flag(app, flags, "--profile", "profile", "NAME",
                   "S3: profile of AWS's configuration files (default: AWS_PROFILE)");
  add_setting_flag(app, flags, "--region", "region", "NAME",
                   "S3: region to ask first (default: AWS_REGION, the profile's)");
  add_setting_flag(app, flags, "--endpoint-url", "endpoint_url", "URL",
                   "S3: a server that is not AWS's (default: AWS_ENDPOINT_URL_S3)");
  app.add_flag_callback(
      "--no-sign-request", [&flags] { flags.settings["no_sign_request"] = "true"; },
      "S3: public buckets, without credentials");
  add_setting_flag(app, flags, "--request-payer", "request_payer", "requester",
                   "S3: you agree to pay for the transfer");
  add_setting_flag(app, flags, "--addressing", "addressing", "STYLE",
                   "S3: bucket in the path or in the host: auto, path, virtual (default auto)");
  add_setting_flag(app, flags, "--transfers", "transfers", "N",
                   "S3: downloads at once (default 32)");
}

void add_redshift_flags(CLI::App& app, GlobalFlags& flags) {
  add_setting_flag(app, flags, "--iam-role", "iam_role", "ARN",
                   "Redshift: the role under which it reads S3; several with commas are a chain");
  add_setting_flag(app, flags, "--control", "control", "s3://BUCKET/PREFIX",
                   "Redshift: where we write what it loads; removed after the commit");
  add_setting_flag(app, flags, "--stage", "stage", "WAY",
                   "Redshift: how it gets its rows: compact (we read the objects and write parts), "
                   "direct (it reads them), auto (default: by their sizes)");
  app.add_flag_callback(
      "--iam-auth", [&flags] { flags.settings["iam_auth"] = "true"; },
      "Redshift: log in with AWS credentials instead of a password");
  add_setting_flag(app, flags, "--cluster", "cluster", "ID",
                   "Redshift: for --iam-auth, where the host's name does not tell");
  add_setting_flag(app, flags, "--workgroup", "workgroup", "NAME",
                   "Redshift Serverless: for --iam-auth, likewise");
}

void add_password_flags(CLI::App& app, GlobalFlags& flags) {
  add_setting_flag(app, flags, "--db-password-file", "db_password_file", "FILE",
                   "PostgreSQL, Redshift: the file whose first line is the password");
  add_setting_flag(app, flags, "--db-password-command", "db_password_command", "COMMAND",
                   "PostgreSQL, Redshift: what prints the password, run by /bin/sh -c");
  // Refused with an explanation, so that nobody learns only that there is no such flag.
  add_setting_flag(app, flags, "--db-password,--password", "db_password", "", "");
  app.get_option("--db-password")->group("");
}

}  // namespace

void add_setting_flag(CLI::App& app, GlobalFlags& flags, const std::string& flag,
                      const std::string& setting, const std::string& value_name,
                      const std::string& help) {
  app.add_option_function<std::string>(
         flag, [&flags, setting](const std::string& value) { flags.settings[setting] = value; },
         help)
      ->type_name(value_name);
}

CommandLine::CommandLine() {
  app.name("sparkify");
  app.description(kDescription);
  app.footer(kFooter);
  app.require_subcommand(0, 1);
  app.set_help_flag("-h,--help", "Show this help");
  app.set_version_flag("--version", std::string(program_version()), "Show the version");
  add_setting_flag(app, flags, "--warehouse", "warehouse", "URL",
                   "Where the tables are: duckdb:PATH (default duckdb:sparkify.duckdb), "
                   "postgresql://USER@HOST/DATABASE or redshift://USER@HOST:5439/DATABASE");
  add_setting_flag(app, flags, "--schema", "schema", "NAME",
                   "PostgreSQL, Redshift: the schema of the tables (default public)");
  app.add_option("--config", flags.config_path, "Settings file (default ./dwh.cfg, if there)")
      ->type_name("FILE");
  add_setting_flag(app, flags, "--threads", "threads", "N", "Threads (default: all processors)");
  add_setting_flag(app, flags, "--memory-limit", "memory_limit", "SIZE",
                   "Memory to stay within, such as 2GiB (default: a quarter of the machine)");
  add_setting_flag(app, flags, "--log-format", "log_format", "FORMAT",
                   "Messages on stderr: text or json (default text)");
  add_s3_flags(app, flags);
  add_redshift_flags(app, flags);
  add_password_flags(app, flags);
  app.add_flag("-q,--quiet", flags.quiet, "Only errors on stderr");
  app.add_flag("-v,--verbose", flags.verbose, "More on stderr");
  app.add_flag("--json", flags.json, "The result as one JSON document");
  using Add = Command (*)(CLI::App&, GlobalFlags&);
  for (const Add add : {add_create_tables, add_etl, add_status, add_rejects, add_check, add_query,
                        add_report, add_serve, add_grant_readonly, add_iam, add_doctor,
                        add_generate, add_config, add_version}) {
    Command command = add(app, flags);
    command.app->fallthrough();
    command.app->set_help_flag("-h,--help", "Show this help");
    commands.emplace(command.app->get_name(), command);
  }
}

}  // namespace sparkify
