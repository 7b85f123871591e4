#include "source/local_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>
#include <set>
#include <utility>

#include "base/utf8.h"
#include "source/data_name.h"

namespace sparkify {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kScheme = "file://";
constexpr int kFolderDepthMax = 128;

std::string etag_of(const struct stat& info) {
  return fmt::format("{}-{}.{:09}", info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

Error source_error(std::string_view path, std::string_view tried, int error_number) {
  std::string hint;
  if (error_number == EACCES) hint = "; give this user the right to read it";
  if (error_number == ENOENT) hint = "; check the path";
  if (error_number == EMFILE) hint = "; raise the limit of open files (ulimit -n)";
  return make_error(ErrorKind::source, fmt::format("{}: {} failed ({}){}", printable(path), tried,
                                                   std::strerror(error_number), hint));
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

/// Collects files below one location.
class Walk {
 public:
  Walk(const StopFlag* stop, std::size_t names_max) : stop_(stop), names_max_(names_max) {}

  /// What the caller named.
  Status add(const std::string& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return source_error(path, "looking at it", errno);
    if (S_ISDIR(info.st_mode)) return add_folder(path, info, 0);
    if (S_ISREG(info.st_mode)) return add_file(path, info);
    return make_error(ErrorKind::source,
                      fmt::format("{}: is neither a file nor a folder; sparkify reads the bytes "
                                  "of a file once it knows its size",
                                  printable(path)));
  }

  Listing listing;

 private:
  struct Entry {
    std::string name;
    bool may_be_folder;
  };

  Status add_folder(const std::string& path, const struct stat& info, int depth) {
    if (depth > kFolderDepthMax) {
      return make_error(ErrorKind::source,
                        fmt::format("{}: folders are nested too deep", printable(path)));
    }
    if (!seen_.emplace(info.st_dev, info.st_ino).second) return {};
    const Folder folder(::opendir(path.c_str()));
    if (!folder) return source_error(path, "listing the folder", errno);
    TRY_ASSIGN(const std::vector<Entry> entries, read_names(folder.get(), path));
    for (const Entry& entry : entries) {
      if (stop_ != nullptr && stop_->is_set()) {
        return make_error(ErrorKind::stopped, "stopped by a signal");
      }
      if (listing.objects.size() + listing.ignored_count >= names_max_) {
        listing.is_sample = true;
        return {};
      }
      if (!entry.may_be_folder && !says_json(entry.name)) {
        ++listing.ignored_count;
        continue;
      }
      TRY(add_entry(::dirfd(folder.get()), path, entry.name, depth + 1));
    }
    return {};
  }

  /// A folder with two names (a link beside it) goes by the first one, whatever the disk's order.
  static Result<std::vector<Entry>> read_names(DIR* folder, const std::string& path) {
    std::vector<Entry> entries;
    errno = 0;
    while (const dirent* entry = ::readdir(folder)) {
      const bool is_other =
          entry->d_type != DT_DIR && entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN;
      if (entry->d_name[0] != '.') entries.push_back({entry->d_name, !is_other});
      errno = 0;
    }
    if (errno != 0) return source_error(path, "listing the folder", errno);
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.name < b.name; });
    return entries;
  }

  /// By its name in the open folder: walking down the whole path for each file takes longer.
  Status add_entry(int folder, const std::string& folder_path, const std::string& name, int depth) {
    const std::string path = folder_path + (folder_path.ends_with('/') ? "" : "/") + name;
    struct stat info {};
    if (::fstatat(folder, name.c_str(), &info, 0) != 0) {
      const int trouble = errno;
      // Deleted since the folder was read; a link to nothing is still there, and is trouble if it
      // says that it is data.
      if (::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return {};
      if (!says_json(name)) {
        ++listing.ignored_count;
        return {};
      }
      return source_error(path, "looking at it", trouble);
    }
    if (S_ISDIR(info.st_mode)) return add_folder(path, info, depth);
    if (S_ISREG(info.st_mode) && says_json(name)) return add_file(path, info);
    ++listing.ignored_count;
    return {};
  }

  Status add_file(const std::string& path, const struct stat& info) {
    if (!is_utf8(path)) {
      return make_error(ErrorKind::source,
                        fmt::format("{}: the file's name is not UTF-8, so the ledger cannot keep "
                                    "it; rename the file",
                                    printable(path)));
    }
    listing.objects.push_back(
        {std::string(kScheme) + path, etag_of(info), static_cast<std::uint64_t>(info.st_size)});
    return {};
  }

  const StopFlag* stop_;
  const std::size_t names_max_;
  std::set<std::pair<dev_t, ino_t>> seen_;
};

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

}  // namespace

Result<Listing> LocalStore::list(const std::string& location) {
  return sample(location, std::numeric_limits<std::size_t>::max());
}

Result<Listing> LocalStore::sample(const std::string& location, std::size_t names_max) {
  std::string path = location;
  if (path.starts_with(kScheme)) path.erase(0, kScheme.size());
  std::vector<std::string> roots{path};
  struct stat info {};
  const bool exists = ::stat(path.c_str(), &info) == 0;
  if (!exists && path.find_first_of("*?[") != std::string::npos) {
    TRY_ASSIGN(roots, expand_glob(path));
  }
  Walk walk(stop_, names_max);
  for (const std::string& root : roots) {
    std::error_code error;
    fs::path absolute = fs::absolute(root, error).lexically_normal();
    if (error) return source_error(root, "finding its absolute path", error.value());
    if (!absolute.has_filename()) absolute = absolute.parent_path();  // a trailing slash
    TRY(walk.add(absolute.native()));
  }
  auto& objects = walk.listing.objects;
  std::sort(objects.begin(), objects.end(),
            [](const ObjectInfo& a, const ObjectInfo& b) { return a.uri < b.uri; });
  const auto same = [](const ObjectInfo& a, const ObjectInfo& b) { return a.uri == b.uri; };
  objects.erase(std::unique(objects.begin(), objects.end(), same), objects.end());
  return std::move(walk.listing);
}

Result<std::unique_ptr<ByteStream>> LocalStore::open(const ObjectInfo& object) {
  SPARKIFY_ASSERT(object.uri.starts_with(kScheme));
  const std::string path = object.uri.substr(kScheme.size());
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
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return source_error(path.parent_path().native(), "making the folder", error.value());
  const std::string partial = path.native() + ".partial";
  const int descriptor = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
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
