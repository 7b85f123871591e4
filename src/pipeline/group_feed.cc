#include "pipeline/group_feed.h"

#include <algorithm>
#include <utility>

#include "decode/decompress.h"

namespace sparkify {

namespace {

class CountingStream : public ByteStream {
 public:
  CountingStream(std::unique_ptr<ByteStream> inner, std::atomic<std::uint64_t>& count)
      : inner_(std::move(inner)), count_(count) {}
  Result<std::size_t> read(std::span<char> buffer) override {
    TRY_ASSIGN(const std::size_t bytes, inner_->read(buffer));
    count_ += bytes;
    return bytes;
  }

 private:
  std::unique_ptr<ByteStream> inner_;
  std::atomic<std::uint64_t>& count_;
};

std::size_t size_hint(const ObjectInfo& object) {
  return expected_expansion(object.uri) == 1 ? static_cast<std::size_t>(object.size_bytes) : 0;
}

}  // namespace

bool ends_run(const Error& error) {
  return error.kind == ErrorKind::stopped || error.kind == ErrorKind::config ||
         error.kind == ErrorKind::unreachable;
}

/// An object that some threads are decoding.
struct GroupFeed::OpenObject {
  OpenObject(std::size_t object_index, DataKind kind, const PlannedObject& planned,
             std::unique_ptr<ByteStream> text, const DecodeLimits& limits)
      : index(object_index),
        decoder(kind, planned.info.uri, planned.object_no, std::move(text), size_hint(planned.info),
                limits) {}

  const std::size_t index;
  ObjectDecoder decoder;
  // Guarded by the feed's mutex:
  DriftCounts drift;
  int users = 0;
  bool exhausted = false;
};

/// What a thread needs to decode; kept between calls, as DuckDB's threads come and go.
struct GroupFeed::Worker {
  explicit Worker(DataKind kind) : decoder(kind) {}
  BlockDecoder decoder;
  std::shared_ptr<OpenObject> object;
  std::vector<Reject> rejects;
};

GroupFeed::GroupFeed(DataKind kind, std::span<const PlannedObject> objects, FeedContext context,
                     RejectSpool& rejects)
    : kind_(kind),
      objects_(objects),
      context_(context),
      rejects_(rejects),
      outcomes_(objects.size()) {}

GroupFeed::~GroupFeed() = default;

Result<bool> GroupFeed::next(Batch& batch) {
  batch.clear();
  std::unique_ptr<Worker> worker = check_out();
  while (!batch.is_full()) {
    if (context_.stop.is_set()) return make_error(ErrorKind::stopped, "stopped by a signal");
    if (!worker->object) {
      TRY_ASSIGN(worker->object, take_object());
    }
    if (!worker->object) break;
    TRY(decode_block(*worker, batch));
    // Where there are only rejects or blanks, no row needs the text that was read.
    if (batch.row_count() == 0) batch.clear();
  }
  // A worker that waits must hold no object: nobody may come back for this very one.
  if (worker->object) let_go(std::exchange(worker->object, nullptr), false, std::nullopt);
  check_in(std::move(worker));
  return batch.row_count() > 0;
}

Status GroupFeed::decode_block(Worker& worker, Batch& batch) {
  const std::size_t first_row = batch.row_count();
  worker.rejects.clear();
  DriftCounts drift;
  const std::shared_ptr<OpenObject> object = worker.object;
  auto more = object->decoder.decode_next(worker.decoder, {batch, worker.rejects, drift});
  if (!more.ok()) {
    worker.object.reset();
    let_go(object, true, more.error());
    if (ends_run(more.error())) return std::move(more).error();
    return {};
  }
  if (!*more) {
    worker.object.reset();
    let_go(object, true, std::nullopt);
    return {};
  }
  context_.progress.records +=
      static_cast<std::int64_t>(batch.row_count() - first_row + worker.rejects.size());
  context_.progress.rejects += static_cast<std::int64_t>(worker.rejects.size());
  TRY(rejects_.add(worker.rejects));
  const std::lock_guard lock(mutex_);
  object->drift.merge(drift);
  return {};
}

std::shared_ptr<GroupFeed::OpenObject> GroupFeed::take_open_object(bool unused) {
  for (const auto& object : open_) {
    if (object->exhausted || (unused && object->users > 0)) continue;
    ++object->users;
    return object;
  }
  return nullptr;
}

Result<std::shared_ptr<GroupFeed::OpenObject>> GroupFeed::take_object() {
  while (true) {
    std::size_t index = 0;
    {
      const std::lock_guard lock(mutex_);
      // First what was begun and nobody is at, then a new one, then helping others.
      if (auto object = take_open_object(true)) return object;
      if (next_index_ == objects_.size()) return take_open_object(false);
      index = next_index_++;
    }
    TRY_ASSIGN(auto object, open_object(index));
    if (object) return object;
  }
}

Result<std::shared_ptr<GroupFeed::OpenObject>> GroupFeed::open_object(std::size_t index) {
  const PlannedObject& planned = objects_[index];
  auto text = open_text(context_.store, planned.info, &context_.progress.bytes_read);
  if (!text.ok()) {
    if (ends_run(text.error())) return std::move(text).error();
    outcomes_[index].error = std::move(text).error();
    return std::shared_ptr<OpenObject>();
  }
  auto object =
      std::make_shared<OpenObject>(index, kind_, planned, *std::move(text), context_.limits);
  object->users = 1;
  const std::lock_guard lock(mutex_);
  open_.push_back(object);
  return object;
}

void GroupFeed::let_go(const std::shared_ptr<OpenObject>& object, bool exhausted,
                       std::optional<Error> error) {
  const std::lock_guard lock(mutex_);
  ObjectOutcome& outcome = outcomes_[object->index];
  if (error && !outcome.error) outcome.error = std::move(error);
  object->exhausted = object->exhausted || exhausted;
  if (--object->users > 0 || !object->exhausted) return;
  if (!outcome.error) {
    outcome.records = object->decoder.record_count();
    outcome.rejects = object->decoder.reject_count();
    drift_.merge(object->drift);
  }
  open_.remove(object);
}

std::unique_ptr<GroupFeed::Worker> GroupFeed::check_out() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<Worker>(kind_);
  auto worker = std::move(idle_.back());
  idle_.pop_back();
  return worker;
}

void GroupFeed::check_in(std::unique_ptr<Worker> worker) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(worker));
}

Result<std::unique_ptr<ByteStream>> open_text(ObjectStore& store, const ObjectInfo& object,
                                              std::atomic<std::uint64_t>* bytes_read) {
  TRY_ASSIGN(std::unique_ptr<ByteStream> stored, store.open(object));
  if (bytes_read != nullptr) {
    stored = std::make_unique<CountingStream>(std::move(stored), *bytes_read);
  }
  return decompressed(object.uri, std::move(stored));
}

namespace {

Status find_conflicts_in(const PlannedObject& planned, FeedContext context,
                         const std::set<std::int64_t>& record_numbers, RejectSpool& rejects) {
  TRY_ASSIGN(std::unique_ptr<ByteStream> text, open_text(context.store, planned.info, nullptr));
  ObjectDecoder object(planned.kind, planned.info.uri, planned.object_no, std::move(text),
                       size_hint(planned.info), context.limits);
  object.report_conflicts(record_numbers);
  BlockDecoder decoder(planned.kind);
  decoder.trace_places(true);
  Batch batch(staging_schema(planned.kind));
  while (true) {
    if (context.stop.is_set()) return make_error(ErrorKind::stopped, "stopped by a signal");
    batch.clear();
    std::vector<Reject> found;
    DriftCounts drift;
    TRY_ASSIGN(const bool more, object.decode_next(decoder, {batch, found, drift}));
    if (!more) return {};
    // The decoder's own rejects are in the spool since the first reading.
    std::erase_if(found,
                  [](const Reject& reject) { return reject.reason != RejectReason::key_conflict; });
    TRY(rejects.add(found));
  }
}

}  // namespace

Result<std::map<std::int32_t, Error>> find_conflicts(
    const Group& group, FeedContext context,
    const std::map<std::int32_t, std::set<std::int64_t>>& wanted, RejectSpool& rejects) {
  std::map<std::int32_t, Error> failed;
  for (const auto& [object_no, record_numbers] : wanted) {
    const auto planned =
        std::find_if(group.objects.begin(), group.objects.end(),
                     [no = object_no](const PlannedObject& p) { return p.object_no == no; });
    SPARKIFY_ASSERT(planned != group.objects.end());
    RejectSpool found;
    const Status status = find_conflicts_in(*planned, context, record_numbers, found);
    if (!status.ok()) {
      if (ends_run(status.error())) return status.error();
      failed.emplace(object_no, status.error());
      continue;
    }
    RejectSpool::Reader reader(found);
    Reject reject;
    while (true) {
      TRY_ASSIGN(const bool more, reader.next(reject));
      if (!more) break;
      TRY(rejects.add({&reject, 1}));
    }
  }
  return failed;
}

}  // namespace sparkify
