#include "source/local_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>
#include <utility>

#include "base/new_file.h"
#include "base/utf8.h"
#include "source/local_walk.h"

namespace sparkify {

namespace fs = std::filesystem;

namespace {

/// An open file that must stay what it was when it was listed.
class LocalStream : public ByteStream {
 public:
  LocalStream(int descriptor, ObjectInfo object)
      : descriptor_(descriptor), object_(std::move(object)) {}
  LocalStream(const LocalStream&) = delete;
  LocalStream& operator=(const LocalStream&) = delete;
  ~LocalStream() override { ::close(descriptor_); }

  Result<std::size_t> read(std::span<char> buffer) override {
    if (is_verified_) return std::size_t{0};
    ssize_t bytes = 0;
    do {
      bytes = ::read(descriptor_, buffer.data(), buffer.size());
    } while (bytes < 0 && errno == EINTR);
    if (bytes < 0) return source_error(object_.uri, "reading", errno);
    read_bytes_ += static_cast<std::uint64_t>(bytes);
    // At the listed size the file ends, if it is what it was: no need to ask for its end too.
    if (bytes == 0 || read_bytes_ >= object_.size_bytes) {
      TRY(expect_unchanged());
      is_verified_ = true;
    }
    return static_cast<std::size_t>(bytes);
  }

  Status expect_unchanged() const {
    struct stat info {};
    if (::fstat(descriptor_, &info) != 0) return source_error(object_.uri, "looking at it", errno);
    if (etag_of(info) == object_.etag) return {};
    return make_error(ErrorKind::changed,
                      fmt::format("{}: changed after it was listed (size-time was {}, is {}); "
                                  "nothing of it was loaded. Run again when it is complete",
                                  printable(object_.uri), object_.etag, etag_of(info)));
  }

 private:
  int descriptor_;
  ObjectInfo object_;
  std::uint64_t read_bytes_ = 0;
  bool is_verified_ = false;
};

Result<std::vector<std::string>> expand_glob(const std::string& pattern) {
  glob_t found{};
  const int status = ::glob(pattern.c_str(), GLOB_ERR, nullptr, &found);
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < found.gl_pathc; ++i) {
    // `.*` matches the folder itself and the one above it, which nobody means.
    const std::string_view path = found.gl_pathv[i];
    const std::string_view name = path.substr(path.rfind('/') + 1);
    if (name != "." && name != "..") paths.emplace_back(path);
  }
  ::globfree(&found);
  if (status == GLOB_NOMATCH || (status == 0 && paths.empty())) {
    return make_error(ErrorKind::source, fmt::format("{}: no file or folder matches this pattern",
                                                     printable(pattern)));
  }
  if (status != 0) return source_error(pattern, "expanding the pattern", errno);
  return paths;
}

/// With symbolic links as they are, so that an object's uri stays; but `link/..` is what the system
/// takes it for, which may be elsewhere.
Result<std::string> absolute_path(const std::string& path) {
  std::error_code error;
  fs::path absolute = fs::absolute(path, error).lexically_normal();
  if (error) return source_error(path, "finding its absolute path", error.value());
  if (!absolute.has_filename()) absolute = absolute.parent_path();  // a trailing slash
  if (fs::exists(path, error) && !fs::equivalent(absolute, path, error)) {
    absolute = fs::canonical(path, error);
    if (error) return source_error(path, "finding its absolute path", error.value());
  }
  return absolute.native();
}

}  // namespace

Result<Listing> LocalStore::list(const std::string& location) {
  return sample(location, std::numeric_limits<std::size_t>::max());
}

Result<Listing> LocalStore::sample(const std::string& location, std::size_t names_max) {
  std::string path = location;
  if (path.starts_with(kFileScheme)) path.erase(0, kFileScheme.size());
  std::vector<std::string> roots{path};
  struct stat info {};
  const bool exists = ::stat(path.c_str(), &info) == 0;
  if (!exists && path.find_first_of("*?[") != std::string::npos) {
    TRY_ASSIGN(roots, expand_glob(path));
  }
  std::vector<std::string> places;
  for (const std::string& root : roots) {
    TRY_ASSIGN(std::string place, absolute_path(root));
    places.push_back(std::move(place));
  }
  return walk_files(places, stop_, names_max);
}

Result<std::unique_ptr<ByteStream>> LocalStore::open(const ObjectInfo& object) {
  SPARKIFY_ASSERT(object.uri.starts_with(kFileScheme));
  const std::string path = object.uri.substr(kFileScheme.size());
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    if (errno == ENOENT) {
      return make_error(ErrorKind::changed,
                        fmt::format("{}: was listed, but is gone now; nothing of it was loaded",
                                    printable(object.uri)));
    }
    return source_error(object.uri, "opening", errno);
  }
  return std::unique_ptr<ByteStream>(std::make_unique<LocalStream>(descriptor, object));
}

Status LocalWriter::write(std::string_view name, std::string_view bytes) {
  const fs::path path = fs::path(folder_) / name;
  const std::string partial = path.native() + ".partial";
  int descriptor = open_new_file(partial, 0644);
  if (descriptor < 0 && errno == ENOENT) {  // looking for the folder first would cost every file
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) return source_error(path.parent_path().native(), "making the folder", error.value());
    descriptor = open_new_file(partial, 0644);
  }
  if (descriptor < 0) return source_error(partial, "making the file", errno);
  int trouble = 0;
  while (!bytes.empty() && trouble == 0) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      trouble = errno;
    }
  }
  if (::close(descriptor) != 0 && trouble == 0) trouble = errno;
  if (trouble == 0 && ::rename(partial.c_str(), path.c_str()) != 0) trouble = errno;
  if (trouble != 0) {
    ::unlink(partial.c_str());
    return source_error(path.native(), "writing", trouble);
  }
  return {};
}

Status LocalWriter::remove(std::string_view name) {
  const fs::path path = fs::path(folder_) / name;
  std::error_code error;
  fs::remove(path, error);
  if (error) return source_error(path.native(), "removing", error.value());
  return {};
}

}  // namespace sparkify
