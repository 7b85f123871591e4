#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/percent_encoding.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/output.h"
#include "cli/source_access.h"
#include "cli/stop_signals.h"
#include "cli/warehouse_factory.h"
#include "doctor/examination.h"
#include "doctor/findings_text.h"

namespace sparkify {

namespace {

using Variables = std::map<std::string, std::string>;

/// The variable, or a file of the user's home; empty if there is neither.
std::string file_of(const Variables& variables, const std::string& variable,
                    const std::string& below_home) {
  const auto named = variables.find(variable);
  if (named != variables.end() && !named->second.empty()) return named->second;
  const auto home = variables.find("HOME");
  return home == variables.end() ? "" : home->second + below_home;
}

/// The value of a parameter behind a URL's `?`; empty if it has none.
std::string parameter_of(const std::string& url, const std::string& name) {
  std::string_view rest = url;
  const std::size_t query = rest.find('?');
  rest.remove_prefix(std::min(query, rest.size()));
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the ? or &
    const std::string_view token = rest.substr(0, rest.find('&'));
    rest.remove_prefix(token.size());
    if (token.starts_with(name + "=")) {
      return percent_decode(token.substr(name.size() + 1)).value_or("");
    }
  }
  return "";
}

/// The warehouse's URL without its parameters: what stands there is nobody's business here.
std::string shown_warehouse(const std::string& url) {
  return printable(url.starts_with("duckdb:") ? url : url.substr(0, url.find('?')));
}

bool uses_s3(const Settings& settings) {
  for (const auto* place : {&settings.log_data, &settings.song_data, &settings.control}) {
    if (*place && (*place)->starts_with("s3://")) return true;
  }
  return false;
}

/// dwh.cfg is not among them: reading it has warned of its mode already.
std::vector<SecretFile> secret_files(const CommandContext& context) {
  const Settings& settings = context.settings;
  std::vector<SecretFile> files;
  if (!settings.warehouse.starts_with("duckdb:")) {
    if (settings.db_password_file) {
      files.push_back({*settings.db_password_file, "the database password's file"});
    }
    std::string passfile = parameter_of(settings.warehouse, "passfile");
    if (passfile.empty()) passfile = file_of(context.environment, "PGPASSFILE", "/.pgpass");
    files.push_back({std::move(passfile), "libpq's password file"});
    files.push_back({file_of(context.environment, "PGSERVICEFILE", "/.pg_service.conf"),
                     "libpq's service file"});
  }
  if (uses_s3(settings) || settings.iam_auth) {
    files.push_back(
        {file_of(context.environment, "AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials"),
         "AWS's credentials file"});
  }
  return files;
}

Subject subject_of(const CommandContext& context) {
  const Settings& settings = context.settings;
  Subject subject;
  subject.warehouse = settings.warehouse;
  subject.log_data = settings.log_data;
  subject.song_data = settings.song_data;
  subject.iam_role = settings.iam_role.value_or("");
  subject.control = settings.control.value_or("");
  subject.control_in_data = data_around_control(settings).has_value();
  subject.logs_in_with_aws = settings.iam_auth;
  subject.signs = settings.s3.sign_request;
  subject.warnings = settings.warnings;
  subject.secret_files = secret_files(context);
  return subject;
}

Result<int> run(const CommandContext& context) {
  const StopFlag& stop = catch_stop_signals();
  SourceAccess sources(context, stop, Patience::of_a_check);
  const auto store = sources.store();
  std::optional<OpenWarehouse> open;
  const ExaminationAccess access{
      *store,
      [&sources](const std::string& place) { return sources.writer(place); },
      [&sources] { return sources.credentials_provider(); },
      [&sources](const std::string& location) { return sources.s3_clock_offset(location); },
      [&context, &open]() -> Result<OpenedWarehouse> {
        // As for a user's SQL: nothing can be changed, and each statement stands for itself.
        TRY_ASSIGN(open, open_warehouse(context, WarehouseUse::user_sql));
        return OpenedWarehouse{open->warehouse.get(), &open->sql};
      },
      stop};
  TRY_ASSIGN(const auto findings, examine(subject_of(context), access));
  const std::string warehouse = shown_warehouse(context.settings.warehouse);
  print(context.flags.json ? findings_json(findings, warehouse)
                           : findings_text(findings, warehouse));
  return any_failed(findings) ? kExitConfig : kExitDone;
}

}  // namespace

Command add_doctor(CLI::App& app, GlobalFlags& flags) {
  CLI::App* command = app.add_subcommand(
      "doctor", "Look whether a run would work: settings, rights, S3, the warehouse");
  add_setting_flag(*command, flags, "--log-data", "log_data", "PATH",
                   "Event logs, as for etl: a path, or s3://BUCKET/PREFIX");
  add_setting_flag(*command, flags, "--song-data", "song_data", "PATH", "Song files: likewise");
  command->footer(
      "A line a check: ok, warn or fail, with what to do. Changes nothing: what it writes into "
      "S3,\n"
      "to see whether it may, it removes at once. Exit code 3 when something fails.\n"
      "Examples:\n"
      "  sparkify doctor --log-data logs --song-data songs\n"
      "  sparkify doctor --log-data s3://bucket/log_data --song-data s3://bucket/song_data --json\n"
      "  sparkify doctor --warehouse postgresql://loader@db.example.com/music");
  return {command, [](const CommandContext& context) { return run(context); }};
}

}  // namespace sparkify
