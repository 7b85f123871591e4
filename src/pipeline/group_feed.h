#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <vector>

#include "base/stop_flag.h"
#include "decode/object_decoder.h"
#include "load/plan.h"
#include "load/reject_spool.h"
#include "pipeline/progress.h"
#include "source/object_store.h"

namespace sparkify {

/// What a group's objects are read with.
struct FeedContext {
  ObjectStore& store;
  DecodeLimits limits;
  Progress& progress;
  const StopFlag& stop;
};

/// Whether an object's error says that no other one can be read either.
bool ends_run(const Error& error);

/// What came of one object of the group.
struct ObjectOutcome {
  std::int64_t records = 0;
  std::int64_t rejects = 0;
  std::optional<Error> error;  ///< nothing of it may be loaded
};

/// The rows of a group's objects: fetched, decompressed and decoded on the threads that ask for
/// them. A thread takes an object of its own as long as there is one, then helps with the blocks
/// of those that others are at.
///
/// An object that fails does not fail the feed: its outcome has the error, and the rows that it
/// gave before have to be taken back.
class GroupFeed : public BatchSource {
 public:
  /// `objects`, all of one kind, must outlive the feed.
  GroupFeed(DataKind kind, std::span<const PlannedObject> objects, FeedContext context,
            RejectSpool& rejects);
  ~GroupFeed() override;

  const TableSchema& schema() const override { return staging_schema(kind_); }
  DataKind kind() const { return kind_; }
  /// Errors: `stopped`, `config` and `unreachable`, as no other object could be read either;
  /// `source` when the rejects find no room.
  Result<bool> next(Batch& batch) override;

  /// One for each object, in order. Valid when `next` has returned false to all.
  const std::vector<ObjectOutcome>& outcomes() const { return outcomes_; }
  /// Of the objects that did not fail.
  const DriftCounts& drift() const { return drift_; }

 private:
  struct OpenObject;
  struct Worker;

  std::unique_ptr<Worker> check_out();
  void check_in(std::unique_ptr<Worker> worker);
  Result<std::shared_ptr<OpenObject>> take_object();
  std::shared_ptr<OpenObject> take_open_object(bool unused);
  Result<std::shared_ptr<OpenObject>> open_object(std::size_t index);
  Status decode_block(Worker& worker, Batch& batch);
  void let_go(const std::shared_ptr<OpenObject>& object, bool exhausted,
              std::optional<Error> error);

  const DataKind kind_;
  const std::span<const PlannedObject> objects_;
  FeedContext context_;
  RejectSpool& rejects_;
  std::vector<ObjectOutcome> outcomes_;

  std::mutex mutex_;
  std::size_t next_index_ = 0;
  std::list<std::shared_ptr<OpenObject>> open_;
  std::vector<std::unique_ptr<Worker>> idle_;
  DriftCounts drift_;
};

/// Opens an object's text: fetched and decompressed. `bytes_read`, if given, counts stored bytes.
Result<std::unique_ptr<ByteStream>> open_text(ObjectStore& store, const ObjectInfo& object,
                                              std::atomic<std::uint64_t>* bytes_read);

/// Reads objects again to find where rows came from: `wanted` has the record numbers by object_no.
/// Adds a `key_conflict` reject for each. Returns the objects that could not be read again, with
/// the reason.
Result<std::map<std::int32_t, Error>> find_conflicts(
    const Group& group, FeedContext context,
    const std::map<std::int32_t, std::set<std::int64_t>>& wanted, RejectSpool& rejects);

}  // namespace sparkify
