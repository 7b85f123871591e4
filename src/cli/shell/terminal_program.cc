#include "cli/shell/terminal_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/assert.h"
#include "base/child_environment.h"
#include "base/utf8.h"
#include "cli/exit_code.h"

namespace sparkify {

namespace {

/// Who leaves a pager early does not want the rest, which is no reason for us to end.
class IgnoredPipeSignal {
 public:
  IgnoredPipeSignal() {
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &ignore, &before_);
  }
  IgnoredPipeSignal(const IgnoredPipeSignal&) = delete;
  IgnoredPipeSignal& operator=(const IgnoredPipeSignal&) = delete;
  ~IgnoredPipeSignal() { sigaction(SIGPIPE, &before_, nullptr); }

 private:
  struct sigaction before_ {};
};

class SpawnSettings {
 public:
  /// `input`: what becomes its stdin; -1: ours.
  explicit SpawnSettings(int input) {
    posix_spawn_file_actions_init(&files);
    if (input >= 0) posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes);
    sigset_t signals;
    sigemptyset(&signals);
    for (const int each : {SIGPIPE, SIGINT, SIGTERM, SIGXFSZ}) sigaddset(&signals, each);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }

  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
};

Result<pid_t> start(std::vector<std::string>& words, int input) {
  const SpawnSettings settings(input);
  ChildEnvironment environment;
  environment.add("LESSCHARSET", "utf-8");  // what we print, whatever the locale says
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t pid = 0;
  const int error_number = posix_spawnp(&pid, arguments[0], &settings.files, &settings.attributes,
                                        arguments.data(), environment.variables());
  if (error_number == 0) return pid;
  return make_error(ErrorKind::config, fmt::format("{} cannot be started ({})", printable(words[0]),
                                                   std::strerror(error_number)));
}

void write_as_wanted(int file, std::string_view text) {
  const IgnoredPipeSignal ignored;
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return kExitInternal;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : kExitSignalBase + WTERMSIG(status);
}

}  // namespace

Result<int> run_terminal_program(std::vector<std::string> words,
                                 std::optional<std::string_view> input) {
  SPARKIFY_ASSERT(!words.empty());
  int ends[2] = {-1, -1};
  if (input && ::pipe2(ends, O_CLOEXEC) != 0) {
    return make_error(ErrorKind::config, fmt::format("{} cannot be started ({})",
                                                     printable(words[0]), std::strerror(errno)));
  }
  const auto pid = start(words, ends[0]);
  if (input) ::close(ends[0]);
  if (pid.ok() && input) write_as_wanted(ends[1], *input);
  if (input) ::close(ends[1]);
  TRY(pid.ok() ? Status() : Status(pid.error()));
  return wait_for(*pid);
}

}  // namespace sparkify
