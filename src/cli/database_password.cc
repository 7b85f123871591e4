#include "cli/database_password.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "base/redaction.h"
#include "base/small_file.h"
#include "base/utf8.h"

namespace sparkify {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{64} << 10;
constexpr const char* kShell = "/bin/sh";

Error refuse(const Settings& settings, std::string_view what) {
  return make_error(ErrorKind::config, fmt::format("{}: {}", settings.db_password_origin, what));
}

/// `what` begins the message: who gave `text`.
Result<Secret> first_line(const Settings& settings, const Secret& text, std::string_view what) {
  std::string_view line = text.reveal();
  line = line.substr(0, line.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) {
    return refuse(settings, fmt::format("{} no password: the first line is empty", what));
  }
  if (line.find('\0') != line.npos) {
    return refuse(settings,
                  fmt::format("{} no password: there is a NUL byte in the first line", what));
  }
  return Secret(std::string(line));
}

void warn_if_others_can_read(const std::string& path) {
  struct stat status = {};
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return;
  if ((status.st_mode & (S_IRGRP | S_IROTH)) == 0) return;
  log_warning_once(
      fmt::format("{0}: others can read the password in it (mode {1:03o}); run: chmod 600 {0}",
                  printable(path), status.st_mode & 07777U));
}

Result<Secret> from_file(const Settings& settings) {
  const std::string& path = *settings.db_password_file;
  const auto text = read_small_file(path, kFileBytesMax);
  if (!text.ok()) return refuse(settings, text.error().message);
  if (!text->has_value()) {
    return refuse(settings, fmt::format("{}: no such file; it is to hold the database's password",
                                        printable(path)));
  }
  warn_if_others_can_read(path);
  return first_line(settings, **text, fmt::format("{} holds", printable(path)));
}

Result<Secret> from_command(const Settings& settings, CommandLimits limits) {
  limits.shows_stderr = true;
  const auto output = command_output({kShell, "-c", *settings.db_password_command}, limits);
  if (!output.ok()) {
    return make_error(output.error().kind,
                      fmt::format("{}: the command for the password: {}",
                                  settings.db_password_origin, output.error().message));
  }
  return first_line(settings, *output, "the command printed");
}

Result<Secret> find_password(const Settings& settings, const CommandLimits& limits) {
  if (settings.db_password_file.has_value()) return from_file(settings);
  if (settings.db_password_command.has_value()) return from_command(settings, limits);
  return settings.db_password;
}

}  // namespace

Result<Secret> database_password(const Settings& settings, CommandLimits limits) {
  TRY_ASSIGN(Secret password, find_password(settings, limits));
  keep_out_of_messages(password);
  return password;
}

}  // namespace sparkify
