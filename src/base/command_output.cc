#include "base/command_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "base/assert.h"
#include "base/child_environment.h"
#include "base/time.h"
#include "base/utf8.h"

namespace sparkify {
namespace {

constexpr int kPoll_ms = 50;

class Pipe {
 public:
  Pipe() = default;
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    if (ends_[0] >= 0) close(ends_[0]);
    close_write_end();
  }

  bool open() { return pipe2(ends_, O_CLOEXEC) == 0; }
  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void close_write_end() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  int ends_[2] = {-1, -1};
};

// How posix_spawn shall start it: a group of its own, to be killed as a whole; the signals as a new
// program expects them; no file of ours but the pipe.
class SpawnSettings {
 public:
  SpawnSettings(int output, bool shows_stderr) {
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    if (!shows_stderr) {
      posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    }
    posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    sigaddset(&signals, SIGPIPE);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
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

// A program that runs; one that is left is killed.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ == 0) return;
    kill(-pid_, SIGKILL);
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }

  // How it ended, as waitpid says; nothing if it still runs.
  std::optional<int> ended() {
    int status = 0;
    const pid_t pid = waitpid(pid_, &status, WNOHANG);
    if (pid == 0 || (pid < 0 && errno == EINTR)) return std::nullopt;
    pid_ = 0;
    return pid < 0 ? std::optional<int>(-1) : std::optional<int>(status);
  }

 private:
  pid_t pid_;
};

class Run {
 public:
  Run(const std::vector<std::string>& words, const CommandLimits& limits)
      : words_(words), limits_(limits), end_s_(monotonic_seconds() + limits.timeout_s) {}

  Result<Secret> output() {
    Pipe pipe;
    if (!pipe.open()) return cannot_start(errno);
    TRY_ASSIGN(const pid_t pid, start(pipe.write_end()));
    pipe.close_write_end();
    Child child(pid);
    TRY_ASSIGN(Secret text, read_all(pipe.read_end()));
    std::optional<int> status = child.ended();
    while (!status.has_value()) {
      TRY(may_go_on());
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      status = child.ended();
    }
    TRY(check(*status));
    return text;
  }

 private:
  Result<pid_t> start(int output) const {
    const SpawnSettings settings(output, limits_.shows_stderr);
    ChildEnvironment environment;
    std::vector<std::string> words = words_;
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_t pid = 0;
    const int error_number = posix_spawnp(&pid, arguments[0], &settings.files, &settings.attributes,
                                          arguments.data(), environment.variables());
    if (error_number != 0) return cannot_start(error_number);
    return pid;
  }

  // Until the end of the output.
  Result<Secret> read_all(int file) const {
    std::string text(limits_.bytes_max + 1, '\0');  // at once: growing would leave copies behind
    std::size_t size_bytes = 0;
    while (size_bytes < text.size()) {
      if (const Status status = may_go_on(); !status.ok()) {
        const Secret wiped(std::move(text));
        return status.error();
      }
      pollfd waiting = {file, POLLIN, 0};
      if (poll(&waiting, 1, kPoll_ms) <= 0) continue;
      const ssize_t got = read(file, text.data() + size_bytes, text.size() - size_bytes);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) break;
      size_bytes += static_cast<std::size_t>(got);
    }
    text.resize(size_bytes);
    Secret secret(std::move(text));
    if (size_bytes <= limits_.bytes_max) return secret;
    return fail(fmt::format("printed more than {} bytes", limits_.bytes_max));
  }

  Status may_go_on() const {
    if (limits_.stop != nullptr && limits_.stop->is_set()) {
      return make_error(ErrorKind::stopped, fmt::format("{}: stopped", program()));
    }
    if (monotonic_seconds() < end_s_) return {};
    return fail(fmt::format("was not done after {:g} s", limits_.timeout_s));
  }

  Status check(int status) const {
    if (status == -1) return fail("ended, it is not known how");
    if (WIFSIGNALED(status)) return fail(fmt::format("was ended by signal {}", WTERMSIG(status)));
    if (WEXITSTATUS(status) == 0) return {};
    return fail(
        fmt::format("ended with exit code {}; run it by hand to see why", WEXITSTATUS(status)));
  }

  Error cannot_start(int error_number) const {
    return fail(fmt::format("cannot be started ({})", std::strerror(error_number)));
  }

  Error fail(std::string_view what) const {
    return make_error(ErrorKind::config, fmt::format("{} {}", program(), what));
  }

  std::string program() const { return printable(words_.front()); }

  const std::vector<std::string>& words_;
  const CommandLimits& limits_;
  double end_s_;
};

}  // namespace

Result<Secret> command_output(const std::vector<std::string>& words, const CommandLimits& limits) {
  SPARKIFY_ASSERT(!words.empty());
  return Run(words, limits).output();
}

}  // namespace sparkify
