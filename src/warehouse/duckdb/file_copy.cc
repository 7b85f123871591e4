#include "warehouse/duckdb/file_copy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>
#include <vector>

#include "base/utf8.h"

namespace sparkify {

namespace fs = std::filesystem;

namespace {

/// DuckDB's main header and its two database headers, of which each checkpoint writes the older.
constexpr std::size_t kHeaderBytes = std::size_t{3} * 4096;
constexpr std::size_t kChunkBytes = std::size_t{1} << 20;
constexpr int kAttemptsMax = 100;
constexpr std::chrono::milliseconds kPause{20};
constexpr const char* kFolderMark = ".view-";

class File {
 public:
  File(const std::string& path, int flags, mode_t mode = 0)
      : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  bool is_open() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

using Header = std::array<char, kHeaderBytes>;

/// What changes with every checkpoint; also whether the name leads to another file by now.
struct FileState {
  ino_t inode = 0;
  Header header{};
  bool operator==(const FileState&) const = default;
};

/// False: errno says why.
bool read_state(const std::string& path, FileState& state) {
  const File file(path, O_RDONLY);
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) return false;
  state.inode = status.st_ino;
  return ::pread(file.get(), state.header.data(), kHeaderBytes, 0) >= 0;
}

bool write_all(int to, const char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t written = ::write(to, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes += written;
    count -= static_cast<std::size_t>(written);
  }
  return true;
}

/// 0, or the errno.
int copy_bytes(int from, int to) {
  if (::ioctl(to, FICLONE, from) == 0) return 0;
  std::vector<char> chunk(kChunkBytes);
  while (true) {
    const ssize_t count = ::read(from, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    if (count == 0) return 0;
    if (!write_all(to, chunk.data(), static_cast<std::size_t>(count))) return errno;
  }
}

/// A log that is not there is an empty one.
int copy_file(const std::string& from, const std::string& to, bool must_exist) {
  const File source(from, O_RDONLY);
  if (!source.is_open()) return errno == ENOENT && !must_exist ? 0 : errno;
  const File target(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (!target.is_open()) return errno;
  return copy_bytes(source.get(), target.get());
}

/// The log first: the blocks that it speaks of are in the file by then, and stay as they are until
/// a checkpoint, which changes the header. See docs/decisions/0011-reports.md.
int copy_once(const std::string& from, const std::string& to, bool& is_whole) {
  FileState before;
  FileState after;
  if (!read_state(from, before)) return errno;
  ::unlink((to + ".wal").c_str());
  if (const int error = copy_file(from + ".wal", to + ".wal", false); error != 0) return error;
  if (const int error = copy_file(from, to, true); error != 0) return error;
  if (!read_state(from, after)) return errno;
  is_whole = before == after;
  return 0;
}

/// `is_whole` stays false where a writer was quicker every time.
int copy_whole(const std::string& from, const std::string& to, bool& is_whole) {
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(kPause);
    const int error = copy_once(from, to, is_whole);
    if (error != 0 || is_whole) return error;
  }
  return 0;
}

/// What a copy of `name` leaves in its folder, and then that, if there is nothing else in it.
void remove_copy(const fs::path& folder, const std::string& name) {
  std::error_code error;
  ::unlink((folder / name).c_str());
  ::unlink((folder / (name + ".wal")).c_str());
  fs::remove_all(folder / (name + ".tmp"), error);
  ::rmdir(folder.c_str());
}

/// Folders whose maker is gone: nobody holds their lock.
void remove_leftovers(const fs::path& parent, const std::string& name) {
  const std::string prefix = name + kFolderMark;
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::directory_iterator entry(parent, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().filename().native().starts_with(prefix)) found.push_back(entry->path());
  }
  for (const fs::path& path : found) {
    const File folder(path.native(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    struct stat status {};
    if (!folder.is_open() || ::fstat(folder.get(), &status) != 0) continue;
    if (status.st_uid != ::geteuid() || ::flock(folder.get(), LOCK_EX | LOCK_NB) != 0) continue;
    remove_copy(path, name);
  }
}

Error no_room(const std::string& what, const std::string& folder, int error_number) {
  return make_error(ErrorKind::database,
                    fmt::format("{}: to be read while runs may write it, the file is copied, and "
                                "that failed in {} ({}); there, or in the folder that TMPDIR "
                                "names, has to be room for the whole file",
                                what, printable(folder), std::strerror(error_number)));
}

}  // namespace

FileCopy::FileCopy(FileCopy&& other) noexcept
    : folder_(std::exchange(other.folder_, {})),
      path_(std::exchange(other.path_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

FileCopy& FileCopy::operator=(FileCopy&& other) noexcept {
  std::swap(folder_, other.folder_);
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileCopy::~FileCopy() {
  std::error_code error;
  if (!folder_.empty()) fs::remove_all(folder_, error);
  if (descriptor_ >= 0) ::close(descriptor_);
}

void FileCopy::unlink() const {
  ::unlink(path_.c_str());
  ::unlink((path_ + ".wal").c_str());
}

int FileCopy::make_folder(const std::string& parent, const std::string& name) {
  remove_leftovers(parent, name);
  std::string pattern = (fs::path(parent) / (name + kFolderMark + "XXXXXX")).native();
  if (::mkdtemp(pattern.data()) == nullptr) return errno;
  folder_ = pattern;
  path_ = (fs::path(pattern) / name).native();
  descriptor_ = ::open(pattern.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ < 0 || ::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) return errno;
  return 0;
}

Result<FileCopy> FileCopy::make(const std::string& path, const std::string& what) {
  FileState state;
  if (!read_state(path, state)) {
    return make_error(ErrorKind::database,
                      fmt::format("{}: cannot be read ({})", what, std::strerror(errno)));
  }
  std::error_code error;
  const fs::path original(path);
  const std::string beside = fs::absolute(original, error).parent_path().native();
  const std::string apart = fs::temp_directory_path(error).native();
  int trouble = 0;
  for (const std::string& parent : {beside, apart}) {
    FileCopy copy;
    bool is_whole = false;
    trouble = copy.make_folder(parent, original.filename().native());
    if (trouble == 0) trouble = copy_whole(path, copy.path_, is_whole);
    if (is_whole) return copy;
    if (trouble == 0) {
      return make_error(ErrorKind::conflict,
                        fmt::format("{}: a run rewrites the file faster than it can be copied; try "
                                    "again later",
                                    what));
    }
  }
  return no_room(what, apart, trouble);
}

}  // namespace sparkify
