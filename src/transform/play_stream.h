#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "record/batch.h"
#include "transform/song_index.h"

namespace sparkify {

/// Rows that are in memory, a few batches of one table.
class BatchList : public BatchSource {
 public:
  BatchList(const TableSchema& schema, std::list<Batch> batches)
      : schema_(schema), batches_(std::move(batches)) {}
  const TableSchema& schema() const override { return schema_; }
  Result<bool> next(Batch& batch) override;

 private:
  const TableSchema& schema_;
  std::mutex mutex_;
  std::list<Batch> batches_;
};

/// Turns a group's events into rows of songplays, as they come, and keeps what else they tell: for
/// a group of which every play is new, that is all the star needs (pipeline/straight_load.h).
///
/// `next` may be called by several threads; the rest when it has returned false to all.
class PlayStream : public BatchSource {
 public:
  /// Both must outlive the stream.
  PlayStream(BatchSource& events, const SongIndex& songs);
  ~PlayStream() override;

  const TableSchema& schema() const override { return songplays_schema(); }
  Result<bool> next(Batch& batch) override;

  std::int64_t play_count() const;
  /// The ids of all plays, sorted.
  std::vector<std::int64_t> take_play_ids();
  /// Their start times in microseconds, each once, sorted.
  std::vector<std::int64_t> take_start_times();
  /// Rows of unmatched_songplays.
  std::list<Batch> take_unmatched();
  /// One event for each user, the latest: rows of staging_events in which only what users are made
  /// of is set. At a tie the first applied.
  Batch take_users() const;
  /// How many events each object gave, by object_no.
  std::map<std::int32_t, std::int64_t> event_counts() const;

 private:
  struct User;
  struct FoundPlay;
  struct Worker;

  /// Batches of events that nobody uses at the moment.
  struct Spare {
    std::mutex mutex;
    std::vector<std::unique_ptr<Batch>> batches;
  };

  std::shared_ptr<Batch> empty_events();
  std::vector<std::vector<std::int64_t>> take_all(std::vector<std::int64_t> Worker::*numbers);
  std::unique_ptr<Worker> check_out();
  void check_in(std::unique_ptr<Worker> worker);
  void convert(const Batch& events, Worker& worker, Batch& plays) const;
  void add_play(const Batch& events, const FoundPlay& play, Worker& worker, Batch& plays) const;
  static void note_users(const Batch& events, Worker& worker);

  BatchSource& events_;
  const SongIndex& songs_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::shared_ptr<Spare> spare_;
};

}  // namespace sparkify
