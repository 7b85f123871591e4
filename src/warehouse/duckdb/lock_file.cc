#include "warehouse/duckdb/lock_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "base/time.h"
#include "base/utf8.h"

namespace sparkify {

namespace {

constexpr int kLooksMax = 20;
constexpr std::chrono::milliseconds kPause{5};
constexpr int kTriesMax = 10;

std::string host_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "unknown host";
  return name.data();
}

LockHolder read_holder(int descriptor) {
  std::array<char, 512> text{};
  const ssize_t bytes = ::pread(descriptor, text.data(), text.size() - 1, 0);
  std::string rest(text.data(), bytes > 0 ? static_cast<std::size_t>(bytes) : 0);
  const auto line = [&rest] {
    const std::size_t end = rest.find('\n');
    std::string first = rest.substr(0, end);
    rest.erase(0, end == std::string::npos ? rest.size() : end + 1);
    return first;
  };
  LockHolder holder;
  holder.pid = line();
  holder.host = line();
  holder.since = line();
  return holder;
}

/// Who has just taken the lock writes a moment later who that is.
LockHolder await_holder(int descriptor) {
  LockHolder holder = read_holder(descriptor);
  for (int look = 0; look < kLooksMax && holder.pid.empty(); ++look) {
    std::this_thread::sleep_for(kPause);
    holder = read_holder(descriptor);
  }
  return holder;
}

/// A file of its own and no other's: a link by the lock's name would lead to one that is not ours
/// to write.
bool is_plain(int descriptor) {
  struct stat opened {};
  return ::fstat(descriptor, &opened) == 0 && S_ISREG(opened.st_mode) && opened.st_nlink <= 1;
}

bool is_still_there(const std::string& path, int descriptor) {
  struct stat opened {};
  struct stat named {};
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

Error no_lock_file(const std::string& what, const std::string& path) {
  return make_error(ErrorKind::database,
                    fmt::format("{}: {} is no lock file of a run, but a link or something else; "
                                "look who put it there, and remove it",
                                what, printable(path)));
}

}  // namespace

std::string describe(const LockHolder& holder) {
  if (holder.pid.empty()) return "another process";
  return fmt::format("process {} on {}, since {} UTC", printable(holder.pid),
                     printable(holder.host), printable(holder.since));
}

LockFile::LockFile(LockFile&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}

LockFile& LockFile::operator=(LockFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

LockFile::~LockFile() {
  if (descriptor_ < 0) return;
  // Removed while it is held: who opened it before finds in acquire() that it is gone.
  ::unlink(path_.c_str());
  ::close(descriptor_);
}

Result<LockFile> LockFile::acquire(const std::string& path, const std::string& what) {
  for (int attempt = 0; attempt < kTriesMax; ++attempt) {
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (descriptor < 0 && errno == ELOOP) return no_lock_file(what, path);
    if (descriptor < 0) {
      return make_error(ErrorKind::database,
                        fmt::format("{}: cannot make the lock file {} ({}); the folder must exist "
                                    "and be writable",
                                    what, printable(path), std::strerror(errno)));
    }
    LockFile lock;
    lock.path_ = path;
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
      const LockHolder holder = await_holder(descriptor);
      ::close(descriptor);
      return make_error(
          ErrorKind::locked,
          fmt::format("{}: held by another run ({}); wait until it ends", what, describe(holder)));
    }
    if (!is_plain(descriptor)) {
      ::close(descriptor);
      return no_lock_file(what, path);
    }
    if (!is_still_there(path, descriptor)) {
      ::close(descriptor);
      continue;
    }
    lock.descriptor_ = descriptor;
    const std::string text =
        fmt::format("{}\n{}\n{}\n", ::getpid(), host_name(), format_time(now_micros()));
    if (::ftruncate(descriptor, 0) != 0 ||
        ::pwrite(descriptor, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
      return make_error(ErrorKind::database,
                        fmt::format("{}: cannot write the lock file {} ({})", what, printable(path),
                                    std::strerror(errno)));
    }
    return lock;
  }
  return make_error(
      ErrorKind::locked,
      fmt::format("{}: its lock file {} changes hands too fast; try again", what, printable(path)));
}

std::optional<LockHolder> LockFile::holder(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  std::optional<LockHolder> found;
  if (::flock(descriptor, LOCK_SH | LOCK_NB) != 0) found = read_holder(descriptor);
  ::close(descriptor);
  return found;
}

}  // namespace sparkify
