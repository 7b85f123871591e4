#include "source/s3/s3_fetcher.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/digest.h"
#include "base/utf8.h"

namespace sparkify {

namespace {

/// What a small object costs beside its bytes.
constexpr std::uint64_t kPartOverheadBytes = 4096;
constexpr std::chrono::milliseconds kStopPeriod{100};
/// Time that an object may lose in failed tries, however many parts it has.
constexpr double kObjectBudgetS = 600;

}  // namespace

struct S3Fetcher::Part {
  bool done = false;
  S3Bytes content;
  std::optional<Error> error;
};

/// One object on its way. Guarded by the fetcher's mutex but for what never changes.
struct S3Fetcher::Download {
  Download(ObjectInfo object, std::uint64_t part_size)
      : info(std::move(object)),
        part_bytes(part_size),
        // An empty object is asked for as well: it may have changed.
        part_count(std::max<std::uint64_t>(1, (info.size_bytes + part_size - 1) / part_size)) {}

  S3Range range(std::size_t index) const {
    const std::uint64_t first = index * part_bytes;
    return {first, std::min(part_bytes, info.size_bytes - first)};
  }
  bool has_more() const { return next_part < part_count && !cancelled; }

  const ObjectInfo info;
  const std::uint64_t part_bytes;
  const std::size_t part_count;
  RetryBudget budget{kObjectBudgetS};
  std::atomic<bool> cancelled{false};
  std::size_t next_part = 0;          ///< the first one that nobody fetches yet
  std::map<std::size_t, Part> parts;  ///< fetched or being fetched, and not read
};

/// The bytes of one object, part after part. Proves the object whole where its ETag is an MD5.
class S3Fetcher::Stream : public ByteStream {
 public:
  Stream(S3Fetcher& fetcher, DownloadPtr download)
      : fetcher_(fetcher), download_(std::move(download)) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() override {
    const std::lock_guard lock(fetcher_.mutex_);
    fetcher_.cancel(*download_);
  }

  Result<std::size_t> read(std::span<char> buffer) override {
    if (failure_) return *failure_;
    while (at_ == current_.size()) {
      if (next_ == download_->part_count) {
        TRY(expect_md5());
        return std::size_t{0};
      }
      TRY(take_part());
    }
    const std::size_t bytes = std::min(buffer.size(), current_.size() - at_);
    std::memcpy(buffer.data(), current_.data() + at_, bytes);
    at_ += bytes;
    return bytes;
  }

 private:
  Status take_part() {
    current_ = {};
    at_ = 0;
    TRY_ASSIGN(Part part, fetcher_.wait_for(download_, next_));
    if (part.error) {
      failure_ = std::move(part.error);
      return *failure_;
    }
    current_ = std::move(part.content.bytes);
    // One part is the whole object, and was proved when it came.
    const bool first = next_ == 0;
    md5_counts_ = part.content.etag_is_md5 && download_->part_count > 1 && (first || md5_counts_);
    if (md5_counts_) md5_.update(current_);
    ++next_;
    return {};
  }

  Status expect_md5() {
    if (!std::exchange(md5_counts_, false) || md5_.hex() == download_->info.etag) return {};
    failure_ =
        make_error(ErrorKind::damaged,
                   fmt::format("{}: the bytes that came do not have the MD5 that the ETag says; "
                               "nothing of it was loaded. Run again",
                               printable(download_->info.uri)));
    return *failure_;
  }

  S3Fetcher& fetcher_;
  DownloadPtr download_;
  std::string current_;
  std::size_t at_ = 0;
  std::size_t next_ = 0;
  std::optional<Error> failure_;
  bool md5_counts_ = false;
  Md5 md5_;
};

/// Takes back what was announced and not opened.
class S3Fetcher::Announced : public Announcement {
 public:
  Announced(S3Fetcher& fetcher, std::vector<DownloadPtr> downloads)
      : fetcher_(fetcher), downloads_(std::move(downloads)) {}
  Announced(const Announced&) = delete;
  Announced& operator=(const Announced&) = delete;
  ~Announced() override {
    const std::lock_guard lock(fetcher_.mutex_);
    for (const DownloadPtr& download : downloads_) {
      const auto found = fetcher_.announced_.find(download->info.uri);
      if (found == fetcher_.announced_.end() || found->second != download) continue;
      fetcher_.announced_.erase(found);
      fetcher_.cancel(*download);
    }
  }

 private:
  S3Fetcher& fetcher_;
  std::vector<DownloadPtr> downloads_;
};

S3Fetcher::S3Fetcher(S3Client& client, FetchLimits limits, const StopFlag& stop)
    : client_(client), limits_(limits), stop_(stop) {}

S3Fetcher::~S3Fetcher() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::unique_ptr<Announcement> S3Fetcher::announce(std::span<const ObjectInfo> objects) {
  std::vector<DownloadPtr> downloads;
  {
    const std::lock_guard lock(mutex_);
    for (const ObjectInfo& object : objects) {
      auto download = std::make_shared<Download>(object, limits_.part_bytes);
      DownloadPtr& announced = announced_[object.uri];
      if (announced) cancel(*announced);
      announced = download;
      queue_.push_back(download);
      downloads.push_back(std::move(download));
    }
    start_threads();
  }
  work_.notify_all();
  return std::make_unique<Announced>(*this, std::move(downloads));
}

std::unique_ptr<ByteStream> S3Fetcher::open(const ObjectInfo& object) {
  const std::lock_guard lock(mutex_);
  const auto found = announced_.find(object.uri);
  if (found != announced_.end() && found->second->info.etag == object.etag) {
    DownloadPtr download = std::move(found->second);
    announced_.erase(found);
    return std::make_unique<Stream>(*this, std::move(download));
  }
  auto download = std::make_shared<Download>(object, limits_.part_bytes);
  queue_.push_front(download);
  start_threads();
  work_.notify_all();
  return std::make_unique<Stream>(*this, std::move(download));
}

void S3Fetcher::start_threads() {
  while (threads_.size() < limits_.threads) threads_.emplace_back([this] { work(); });
}

void S3Fetcher::work() {
  while (true) {
    const Job job = take_job();
    if (!job.download) return;
    fetch(job);
  }
}

S3Fetcher::Job S3Fetcher::take_job() {
  std::unique_lock lock(mutex_);
  while (!closing_) {
    while (!urgent_.empty()) {
      const Job job = std::move(urgent_.front());
      urgent_.pop_front();
      // Somebody may have begun it meanwhile, or the reader is gone.
      if (!job.download->has_more() || job.download->next_part != job.index) continue;
      begin(*job.download);
      return job;
    }
    while (!queue_.empty() && !queue_.front()->has_more()) queue_.pop_front();
    if (!queue_.empty() && has_room(*queue_.front())) {
      Job job{queue_.front(), queue_.front()->next_part};
      begin(*job.download);
      work_.notify_one();  // there may be room for more than one
      return job;
    }
    work_.wait(lock);
  }
  return {};
}

bool S3Fetcher::has_room(const Download& download) const {
  const std::uint64_t bytes = download.range(download.next_part).length;
  return used_bytes_ == 0 || used_bytes_ + bytes <= limits_.memory_bytes;
}

void S3Fetcher::begin(Download& download) {
  const std::size_t index = download.next_part++;
  used_bytes_ += download.range(index).length + kPartOverheadBytes;
  download.parts.emplace(index, Part{});
}

void S3Fetcher::fetch(const Job& job) {
  Download& download = *job.download;
  auto content =
      client_.get(download.info, download.range(job.index), download.budget, download.cancelled);
  const std::lock_guard lock(mutex_);
  if (download.cancelled) {
    discharge(download, job.index);
    return;
  }
  Part& part = download.parts.at(job.index);
  part.done = true;
  if (content.ok()) {
    part.content = *std::move(content);
  } else {
    part.error = std::move(content).error();
    download.next_part = download.part_count;  // the rest is of no use
  }
  ready_.notify_all();
}

Result<S3Fetcher::Part> S3Fetcher::wait_for(const DownloadPtr& download, std::size_t index) {
  std::unique_lock lock(mutex_);
  bool asked = false;
  while (true) {
    const auto found = download->parts.find(index);
    if (found != download->parts.end() && found->second.done) {
      Part part = std::move(found->second);
      discharge(*download, index);
      return part;
    }
    if (stop_.is_set()) return make_error(ErrorKind::stopped, "stopped by a signal");
    if (found == download->parts.end() && !asked) {
      // An earlier part's failure ends the stream, so what is waited for is always the next one.
      SPARKIFY_ASSERT(download->next_part == index);
      asked = true;
      urgent_.push_back({download, index});
      work_.notify_one();
    }
    ready_.wait_for(lock, kStopPeriod);
  }
}

void S3Fetcher::cancel(Download& download) {
  download.cancelled = true;
  std::vector<std::size_t> done;
  for (const auto& [index, part] : download.parts) {
    if (part.done) done.push_back(index);  // the others discharge themselves when they come
  }
  for (const std::size_t index : done) discharge(download, index);
}

void S3Fetcher::discharge(Download& download, std::size_t index) {
  used_bytes_ -= download.range(index).length + kPartOverheadBytes;
  download.parts.erase(index);
  work_.notify_one();
}

}  // namespace sparkify
