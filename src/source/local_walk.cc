#include "source/local_walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <exception>
#include <future>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "base/utf8.h"
#include "source/data_name.h"

namespace sparkify {

namespace {

constexpr int kFolderDepthMax = 128;
constexpr unsigned kThreadsMax = 8;
/// Where no thread can be had, whoever waits for the work does it.
constexpr auto kThreadOrHere = std::launch::async | std::launch::deferred;

using FolderId = std::pair<dev_t, ino_t>;

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

struct Entry {
  std::string name;
  bool may_be_folder;
};

/// The names in a folder but the hidden ones, in byte order: a folder with two names (a link beside
/// it) goes by the first one, whatever the disk's order.
Result<std::vector<Entry>> read_names(DIR* folder, const std::string& path) {
  std::vector<Entry> entries;
  errno = 0;
  while (const dirent* entry = ::readdir(folder)) {
    const bool may_be_folder =
        entry->d_type == DT_DIR || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN;
    if (entry->d_name[0] != '.') entries.push_back({entry->d_name, may_be_folder});
    errno = 0;
  }
  if (errno != 0) return source_error(path, "listing the folder", errno);
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return entries;
}

std::string joined(const std::string& folder, const std::string& name) {
  return folder + (folder.ends_with('/') ? "" : "/") + name;
}

Result<ObjectInfo> object_of(const std::string& path, const struct stat& info) {
  if (is_utf8(path)) {
    return ObjectInfo{std::string(kFileScheme) + path, etag_of(info),
                      static_cast<std::uint64_t>(info.st_size)};
  }
  return make_error(ErrorKind::source,
                    fmt::format("{}: the file's name is not UTF-8, so the ledger cannot keep "
                                "it; rename the file",
                                printable(path)));
}

/// One folder after another, in order: the definition of what is found, and by which name.
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
  Status add_folder(const std::string& path, const struct stat& info, int depth) {
    if (depth > kFolderDepthMax) {
      return make_error(
          ErrorKind::source,
          fmt::format("{}: lies more than {} folders below the one that was named, and "
                      "so deep none are looked for; move it up, or out of there",
                      printable(path), kFolderDepthMax));
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

  /// By its name in the open folder: walking down the whole path for each file takes longer.
  Status add_entry(int folder, const std::string& folder_path, const std::string& name, int depth) {
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
      return source_error(joined(folder_path, name), "looking at it", trouble);
    }
    if (S_ISDIR(info.st_mode)) return add_folder(joined(folder_path, name), info, depth);
    if (S_ISREG(info.st_mode) && says_json(name)) return add_file(joined(folder_path, name), info);
    ++listing.ignored_count;
    return {};
  }

  Status add_file(const std::string& path, const struct stat& info) {
    TRY_ASSIGN(ObjectInfo object, object_of(path, info));
    listing.objects.push_back(std::move(object));
    return {};
  }

  const StopFlag* stop_;
  const std::size_t names_max_;
  std::set<FolderId> seen_;
};

/// Many folders at once. It only ever finds what Walk would: where order might show (a folder with
/// two names) and where anything is not plain (a link, an error, a stop), it gives up.
class WalkTogether {
 public:
  explicit WalkTogether(const StopFlag* stop) : stop_(stop) {}

  std::optional<Listing> run(const std::vector<std::string>& places) {
    for (const std::string& place : places) {
      struct stat info {};
      if (::lstat(place.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return std::nullopt;
      waiting_.push_back({place, 0});
    }
    const unsigned threads = std::clamp(std::thread::hardware_concurrency(), 1U, kThreadsMax);
    std::vector<std::future<Listing>> parts;
    for (unsigned i = 0; i < threads; ++i) {
      parts.push_back(std::async(kThreadOrHere, [this] { return work(); }));
    }
    Listing whole;
    for (auto& future : parts) {
      Listing part = future.get();
      std::move(part.objects.begin(), part.objects.end(), std::back_inserter(whole.objects));
      whole.ignored_count += part.ignored_count;
    }
    if (gave_up_) return std::nullopt;
    return whole;
  }

 private:
  struct Task {
    std::string folder;
    int depth;
  };

  /// Of a thread that leaves by an exception, as there is no memory: the others would wait for ever
  /// for the folders that it might still find.
  class GiveUpOnThrow {
   public:
    explicit GiveUpOnThrow(WalkTogether& walk) : walk_(walk) {}
    ~GiveUpOnThrow() {
      if (std::uncaught_exceptions() == at_begin_) return;
      const std::lock_guard lock(walk_.mutex_);
      walk_.gave_up_ = true;
      walk_.changed_.notify_all();
    }
    GiveUpOnThrow(const GiveUpOnThrow&) = delete;
    GiveUpOnThrow& operator=(const GiveUpOnThrow&) = delete;

   private:
    WalkTogether& walk_;
    const int at_begin_ = std::uncaught_exceptions();
  };

  Listing work() {
    const GiveUpOnThrow give_up(*this);  // outlives the lock
    Listing part;
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return gave_up_ || !waiting_.empty() || busy_ == 0; });
      if (gave_up_ || waiting_.empty()) break;
      const Task task = std::move(waiting_.back());
      waiting_.pop_back();
      ++busy_;
      lock.unlock();
      std::vector<Task> found;
      const std::optional<FolderId> id = read_folder(task, part, found);
      lock.lock();
      --busy_;
      const bool is_stopped = stop_ != nullptr && stop_->is_set();
      if (!id || !seen_.insert(*id).second || is_stopped) gave_up_ = true;
      std::move(found.begin(), found.end(), std::back_inserter(waiting_));
      changed_.notify_all();
    }
    return part;
  }

  static std::optional<FolderId> read_folder(const Task& task, Listing& part,
                                             std::vector<Task>& found) {
    const Folder folder(::opendir(task.folder.c_str()));
    struct stat info {};
    if (!folder || task.depth >= kFolderDepthMax) return std::nullopt;
    const int descriptor = ::dirfd(folder.get());
    if (::fstat(descriptor, &info) != 0) return std::nullopt;
    const FolderId id{info.st_dev, info.st_ino};
    errno = 0;
    while (const dirent* entry = ::readdir(folder.get())) {
      const std::string name = entry->d_name;
      if (name.starts_with('.')) continue;
      if (entry->d_type == DT_DIR) {
        found.push_back({joined(task.folder, name), task.depth + 1});
      } else if (entry->d_type != DT_REG) {
        return std::nullopt;
      } else if (!says_json(name)) {
        ++part.ignored_count;
      } else {
        if (::fstatat(descriptor, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
          return std::nullopt;
        }
        auto object = object_of(joined(task.folder, name), info);
        if (!object.ok() || !S_ISREG(info.st_mode)) return std::nullopt;
        part.objects.push_back(*std::move(object));
      }
      errno = 0;
    }
    if (errno != 0) return std::nullopt;
    return id;
  }

  const StopFlag* stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Task> waiting_;
  std::set<FolderId> seen_;
  int busy_ = 0;  ///< threads that may still find folders
  bool gave_up_ = false;
};

}  // namespace

std::string etag_of(const struct stat& info) {
  return fmt::format("{}-{}.{:09}", info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

Error source_error(std::string_view path, std::string_view tried, int error_number) {
  std::string hint;
  if (error_number == EACCES) hint = "; give this user the right to read it";
  if (error_number == ENOENT) hint = "; check the path";
  if (error_number == ENAMETOOLONG) hint = "; move it up, or give its folders shorter names";
  if (error_number == EMFILE) hint = "; raise the limit of open files (ulimit -n)";
  return make_error(ErrorKind::source, fmt::format("{}: {} failed ({}){}", printable(path), tried,
                                                   std::strerror(error_number), hint));
}

Result<Listing> walk_files(const std::vector<std::string>& places, const StopFlag* stop,
                           std::size_t names_max) {
  Listing listing;
  std::optional<Listing> together;
  if (names_max == std::numeric_limits<std::size_t>::max())
    together = WalkTogether(stop).run(places);
  if (together) {
    listing = *std::move(together);
  } else {
    Walk walk(stop, names_max);
    for (const std::string& place : places) TRY(walk.add(place));
    listing = std::move(walk.listing);
  }
  auto& objects = listing.objects;
  std::sort(objects.begin(), objects.end(),
            [](const ObjectInfo& a, const ObjectInfo& b) { return a.uri < b.uri; });
  const auto same = [](const ObjectInfo& a, const ObjectInfo& b) { return a.uri == b.uri; };
  objects.erase(std::unique(objects.begin(), objects.end(), same), objects.end());
  return listing;
}

}  // namespace sparkify
