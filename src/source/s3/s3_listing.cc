#include "source/s3/s3_listing.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <utility>

#include "base/parallel.h"
#include "base/utf8.h"
#include "source/data_name.h"

namespace sparkify {

namespace {

constexpr std::size_t kListersMax = 16;
/// A prefix is split into those of its next level while fewer than so many wait.
constexpr std::size_t kWaitingMin = 16;
constexpr std::string_view kDelimiter = "/";
constexpr std::string_view kPatternSigns = "*?[";

/// Lists all keys that begin with a prefix, many of their folders at once.
class PrefixWalk {
 public:
  PrefixWalk(S3Client& client, std::string bucket, const StopFlag& stop,
             std::optional<std::size_t> keys_max)
      : client_(client), bucket_(std::move(bucket)), stop_(stop), keys_max_(keys_max) {}

  Result<std::vector<S3Entry>> walk(const std::string& prefix) {
    waiting_.push_back(prefix);
    list_first();
    if (!waiting_.empty()) {
      JoinedThreads listers;
      for (std::size_t i = 0; i < kListersMax; ++i) listers.start([this] { work(); });
    }
    if (error_) return *std::move(error_);
    return std::move(entries_);
  }
  /// Whether there is more than `keys_max` let it see.
  bool was_cut() const { return was_cut_; }

 private:
  /// Most prefixes are done with one call, for which no thread is needed.
  void list_first() {
    std::unique_lock lock(mutex_);
    work_on_one(lock);
  }

  void work() {
    std::unique_lock lock(mutex_);
    while (!error_ && (!waiting_.empty() || busy_ > 0)) {
      if (waiting_.empty()) {
        changed_.wait(lock);
      } else {
        work_on_one(lock);
      }
    }
    changed_.notify_all();
  }

  void work_on_one(std::unique_lock<std::mutex>& lock) {
    const std::string prefix = std::move(waiting_.front());
    waiting_.pop_front();
    ++busy_;
    lock.unlock();
    Status status = list(prefix);
    lock.lock();
    --busy_;
    if (!status.ok() && !error_) error_ = std::move(status).error();
    changed_.notify_all();
  }

  Status list(const std::string& prefix) {
    TRY_ASSIGN(S3Page page, client_.list(bucket_, prefix, "", ""));
    if (!page.next_token.empty() && !keys_max_ && few_wait()) {
      // One more call tells the folders of the next level, which can be listed side by side.
      TRY_ASSIGN(S3Page level, client_.list(bucket_, prefix, kDelimiter, ""));
      if (level.next_token.empty() && level.prefixes.size() > 1) {
        split(std::move(level));
        return {};
      }
    }
    std::set<std::string> tokens;
    while (true) {
      const std::string token = page.next_token;
      keep(std::move(page.entries));
      if (token.empty()) return {};
      if (keys_max_ && entries_.size() >= *keys_max_) {
        was_cut_ = true;
        return {};
      }
      if (!tokens.insert(token).second) return endless(prefix);
      if (stop_.is_set()) return make_error(ErrorKind::stopped, "stopped by a signal");
      TRY_ASSIGN(page, client_.list(bucket_, prefix, "", token));
    }
  }

  Error endless(const std::string& prefix) const {
    return make_error(ErrorKind::source,
                      fmt::format("{}: the listing does not come to an end: a page leads back to "
                                  "one before it",
                                  printable(S3Uri{bucket_, prefix}.text())));
  }

  bool few_wait() {
    const std::lock_guard lock(mutex_);
    return waiting_.size() < kWaitingMin;
  }

  void keep(std::vector<S3Entry> entries) {
    const std::lock_guard lock(mutex_);
    std::move(entries.begin(), entries.end(), std::back_inserter(entries_));
  }

  void split(S3Page level) {
    keep(std::move(level.entries));
    const std::lock_guard lock(mutex_);
    std::move(level.prefixes.begin(), level.prefixes.end(), std::back_inserter(waiting_));
    changed_.notify_all();
  }

  S3Client& client_;
  const std::string bucket_;
  const StopFlag& stop_;
  /// With it, one thread does it all.
  const std::optional<std::size_t> keys_max_;
  bool was_cut_ = false;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> waiting_;
  std::size_t busy_ = 0;
  std::vector<S3Entry> entries_;
  std::optional<Error> error_;
};

std::string_view file_name(std::string_view key) { return key.substr(key.rfind('/') + 1); }

/// Whether a name in `path` is hidden, as in local folders: a leading dot. `.` and `..` are names
/// like others here.
bool is_hidden(std::string_view path) {
  while (true) {
    const std::string_view name = path.substr(0, path.find('/'));
    if (name.starts_with('.') && name != "." && name != "..") return true;
    if (name.size() == path.size()) return false;
    path.remove_prefix(name.size() + 1);
  }
}

/// Collects what of the keys counts.
class Selection {
 public:
  explicit Selection(std::string bucket) : bucket_(std::move(bucket)) {}

  void add_named(const S3Entry& entry) {
    listing.objects.push_back({S3Uri{bucket_, entry.key}.text(), entry.etag, entry.size_bytes});
  }

  void add_below(const S3Entry& entry, std::size_t folder_bytes) {
    const std::string_view path = std::string_view(entry.key).substr(folder_bytes);
    if (path.empty() || path.ends_with('/') || is_hidden(path)) return;
    if (says_json(file_name(entry.key))) {
      add_named(entry);
    } else {
      ++listing.ignored_count;
    }
  }

  Listing listing;

 private:
  std::string bucket_;
};

/// The part of `key` that has as many segments as the pattern; all of it if it has fewer.
std::string_view same_depth(std::string_view key, std::string_view pattern) {
  auto slashes = std::count(pattern.begin(), pattern.end(), '/');
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] == '/' && slashes-- == 0) return key.substr(0, i);
  }
  return key;
}

/// `pattern` without a slash at its end; with `only_folders` it had one.
void select_matches(const std::vector<S3Entry>& entries, const std::string& pattern,
                    bool only_folders, Selection& selection) {
  for (const S3Entry& entry : entries) {
    const std::string head(same_depth(entry.key, pattern));
    if (::fnmatch(pattern.c_str(), head.c_str(), FNM_PATHNAME | FNM_PERIOD) != 0) continue;
    if (head.size() < entry.key.size()) {
      selection.add_below(entry, head.size() + 1);
    } else if (!only_folders && !entry.key.ends_with('/')) {
      selection.add_named(entry);
    }
  }
}

void select_folder(const std::vector<S3Entry>& entries, const std::string& folder,
                   Selection& selection) {
  for (const S3Entry& entry : entries) selection.add_below(entry, folder.size());
}

Error nothing_there(const S3Uri& uri, bool has_neighbours) {
  return make_error(
      ErrorKind::source,
      fmt::format("{}: there is nothing at this place{}", printable(uri.text()),
                  has_neighbours ? ", but there are keys that begin so: a folder's name must be "
                                   "whole, and a trailing * matches the rest of a name"
                                 : "; check the bucket and the prefix"));
}

Listing sorted(Listing listing) {
  auto& objects = listing.objects;
  std::sort(objects.begin(), objects.end(),
            [](const ObjectInfo& a, const ObjectInfo& b) { return a.uri < b.uri; });
  const auto same = [](const ObjectInfo& a, const ObjectInfo& b) { return a.uri == b.uri; };
  objects.erase(std::unique(objects.begin(), objects.end(), same), objects.end());
  return listing;
}

/// The first page that shows anything of what begins with `prefix`, one level deep.
Result<S3Page> first_page(S3Client& client, const std::string& bucket, const std::string& prefix) {
  constexpr int kEmptyPagesMax = 1000;
  std::string token;
  for (int i = 0; i < kEmptyPagesMax; ++i) {
    TRY_ASSIGN(S3Page page, client.list(bucket, prefix, kDelimiter, token));
    if (!page.entries.empty() || !page.prefixes.empty() || page.next_token.empty()) return page;
    token = page.next_token;
  }
  return make_error(ErrorKind::source, fmt::format("{}: the listing gives empty pages only",
                                                   printable(S3Uri{bucket, prefix}.text())));
}

/// One location, listed.
class Place {
 public:
  Place(S3Client& client, S3Uri uri, const StopFlag& stop, std::optional<std::size_t> keys_max)
      : client_(client),
        uri_(std::move(uri)),
        stop_(stop),
        keys_max_(keys_max),
        selection_(uri_.bucket) {}

  Result<Listing> list() {
    const bool names_folder = uri_.key.empty() || uri_.key.ends_with('/');
    S3Page near;
    if (!names_folder) {
      TRY_ASSIGN(near, first_page(client_, uri_.bucket, uri_.key));
      // An object of that very key comes first.
      if (!near.entries.empty() && near.entries.front().key == uri_.key) {
        selection_.add_named(near.entries.front());
        return sorted(std::move(selection_.listing));
      }
    }
    const std::string folder = names_folder ? uri_.key : uri_.key + "/";
    TRY_ASSIGN(const auto below, walk(folder));
    if (!below.empty() || uri_.key.empty()) {
      select_folder(below, folder, selection_);
      return sorted(std::move(selection_.listing));
    }
    if (uri_.key.find_first_of(kPatternSigns) != std::string::npos) return matches();
    return nothing_there(uri_, !near.entries.empty() || !near.prefixes.empty());
  }

 private:
  Result<std::vector<S3Entry>> walk(const std::string& prefix) {
    PrefixWalk walk(client_, uri_.bucket, stop_, keys_max_);
    auto entries = walk.walk(prefix);
    if (walk.was_cut()) selection_.listing.is_sample = true;
    return entries;
  }

  Result<Listing> matches() {
    const bool only_folders = uri_.key.ends_with('/');
    const std::string pattern = uri_.key.substr(0, uri_.key.size() - (only_folders ? 1 : 0));
    TRY_ASSIGN(const auto entries, walk(pattern.substr(0, pattern.find_first_of(kPatternSigns))));
    select_matches(entries, pattern, only_folders, selection_);
    const Listing& found = selection_.listing;
    if (found.objects.empty() && found.ignored_count == 0 && !found.is_sample) {
      return make_error(ErrorKind::source,
                        fmt::format("{}: no key matches this pattern", printable(uri_.text())));
    }
    return sorted(std::move(selection_.listing));
  }

  S3Client& client_;
  const S3Uri uri_;
  const StopFlag& stop_;
  const std::optional<std::size_t> keys_max_;
  Selection selection_;
};

}  // namespace

Result<Listing> list_s3(S3Client& client, const std::string& location, const StopFlag& stop,
                        std::optional<std::size_t> keys_max) {
  TRY_ASSIGN(S3Uri uri, parse_s3_uri(location));
  return Place(client, std::move(uri), stop, keys_max).list();
}

}  // namespace sparkify
