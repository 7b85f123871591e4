#include "transform/play_stream.h"

#include <tsl/robin_map.h>

#include <algorithm>
#include <future>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "base/assert.h"

namespace sparkify {

namespace {

constexpr std::string_view kPlayPage = "NextSong";
constexpr std::int64_t kItemsInSession = 1048576;
constexpr std::size_t kObjectNo = kEventColumnCount;
constexpr std::size_t kRecordNo = kEventColumnCount + 1;
constexpr std::size_t kUnmatchedRowsMax = 65536;  // in one batch

std::int64_t integer(const Batch& batch, std::size_t column, std::size_t row) {
  return batch.column(column).integers[row];
}

bool is_there(const Batch& batch, std::size_t column, std::size_t row) {
  return batch.column(column).valid[row] != 0;
}

std::int64_t event_key(const Batch& events, std::size_t row) {
  return integer(events, kSessionId, row) * kItemsInSession + integer(events, kItemInSession, row);
}

/// Passes a text on; what it points to stays with the events.
void pass_text(const Batch& events, std::size_t from, std::size_t row, Batch& plays,
               std::size_t to) {
  if (is_there(events, from, row)) {
    plays.add_text(to, events.column(from).texts[row]);
  } else {
    plays.add_null(to);
  }
}

/// Sorts each part on a thread of its own, of which there are as many as filled them; where none
/// can be had, here.
std::vector<std::int64_t> merge_sorted(std::vector<std::vector<std::int64_t>> parts) {
  std::vector<std::future<void>> sorting;
  for (auto& part : parts) {
    sorting.push_back(std::async(std::launch::async | std::launch::deferred,
                                 [&part] { std::sort(part.begin(), part.end()); }));
  }
  for (auto& sorted : sorting) sorted.wait();
  std::vector<std::int64_t> all;
  for (const auto& part : parts) {
    const auto middle = static_cast<std::ptrdiff_t>(all.size());
    all.insert(all.end(), part.begin(), part.end());
    std::inplace_merge(all.begin(), all.begin() + middle, all.end());
  }
  return all;
}

std::optional<std::string> copied_text(const Batch& events, std::size_t column, std::size_t row) {
  if (!is_there(events, column, row)) return std::nullopt;
  return std::string(events.column(column).texts[row]);
}

void add_copy(Batch& batch, std::size_t column, const std::optional<std::string>& text) {
  if (text) {
    batch.add_text_copy(column, *text);
  } else {
    batch.add_null(column);
  }
}

}  // namespace

Result<bool> BatchList::next(Batch& batch) {
  const std::lock_guard lock(mutex_);
  if (batches_.empty()) return false;
  batch = std::move(batches_.front());
  batches_.pop_front();
  return true;
}

/// What a user's latest event says.
struct PlayStream::User {
  std::int64_t user_id = 0;
  std::int64_t ts = 0;
  std::int64_t session_id = 0;
  std::int64_t item_in_session = 0;
  std::int64_t object_no = 0;
  std::int64_t record_no = 0;
  std::optional<std::string> first_name;
  std::optional<std::string> last_name;
  std::optional<std::string> gender;
  std::optional<std::string> level;
  std::optional<std::size_t>
      noted_row;  ///< in the batch at hand, as long as the texts are not copied

  /// Of the row that was noted.
  void copy_texts(const Batch& events) {
    first_name = copied_text(events, kFirstName, *noted_row);
    last_name = copied_text(events, kLastName, *noted_row);
    gender = copied_text(events, kGender, *noted_row);
    level = copied_text(events, kLevel, *noted_row);
    noted_row.reset();
  }
  void set_place(const Batch& events, std::size_t row) {
    ts = integer(events, kTs, row);
    session_id = integer(events, kSessionId, row);
    item_in_session = integer(events, kItemInSession, row);
    object_no = integer(events, kObjectNo, row);
    record_no = integer(events, kRecordNo, row);
  }
  void add_row(Batch& batch) const {
    const std::map<std::size_t, std::int64_t> integers{
        {kTs, ts},          {kSessionId, session_id}, {kItemInSession, item_in_session},
        {kUserId, user_id}, {kObjectNo, object_no},   {kRecordNo, record_no}};
    const std::map<std::size_t, const std::optional<std::string>*> texts{
        {kFirstName, &first_name}, {kLastName, &last_name}, {kGender, &gender}, {kLevel, &level}};
    for (std::size_t column = 0; column <= kRecordNo; ++column) {
      if (const auto found = integers.find(column); found != integers.end()) {
        batch.add_integer(column, found->second);
      } else if (const auto text = texts.find(column); text != texts.end()) {
        add_copy(batch, column, *text->second);
      } else {
        batch.add_null(column);
      }
    }
    batch.end_row();
  }
  /// Whether this event tells, and not the other's: the later one; at a tie the first applied.
  bool precedes(const User& other) const {
    const auto when = [](const User& user) {
      return std::tuple(user.ts, user.session_id * kItemsInSession + user.item_in_session,
                        -user.object_no, -user.record_no);
    };
    return when(*this) > when(other);
  }
};

/// A play in a batch of events, and where its song is to be looked for.
struct PlayStream::FoundPlay {
  std::size_t row;
  SongIndex::Key key;
  SongIndex::Place place;
};

/// What one thread has gathered.
struct PlayStream::Worker {
  std::int64_t play_count = 0;
  std::vector<std::int64_t> play_ids;
  std::vector<std::int64_t> start_times;
  std::list<Batch> unmatched;
  tsl::robin_map<std::int64_t, std::size_t> user_numbers;  ///< by id, where in `users`
  std::vector<User> users;
  std::vector<FoundPlay> found;      ///< of the batch at hand
  std::vector<std::size_t> changed;  ///< of `users`: whose texts are still in the batch
  std::map<std::int32_t, std::int64_t> events;
};

PlayStream::PlayStream(BatchSource& events, const SongIndex& songs)
    : events_(events), songs_(songs), spare_(std::make_shared<Spare>()) {}

PlayStream::~PlayStream() = default;

std::unique_ptr<PlayStream::Worker> PlayStream::check_out() {
  const std::lock_guard lock(mutex_);
  if (workers_.empty()) return std::make_unique<Worker>();
  auto worker = std::move(workers_.back());
  workers_.pop_back();
  return worker;
}

void PlayStream::check_in(std::unique_ptr<Worker> worker) {
  const std::lock_guard lock(mutex_);
  workers_.push_back(std::move(worker));
}

Result<bool> PlayStream::next(Batch& batch) {
  while (true) {
    std::shared_ptr<Batch> events = empty_events();
    TRY_ASSIGN(const bool more, events_.next(*events));
    if (!more) return false;
    batch.clear();
    auto worker = check_out();
    convert(*events, *worker, batch);
    check_in(std::move(worker));
    const std::size_t bytes = events->held_bytes();
    batch.keep_alive(std::move(events), bytes);
    if (batch.row_count() > 0) return true;
  }
}

/// A batch of which the memory is used again: it comes back when the plays that point into it go.
std::shared_ptr<Batch> PlayStream::empty_events() {
  std::unique_ptr<Batch> batch;
  {
    const std::lock_guard lock(spare_->mutex);
    if (!spare_->batches.empty()) {
      batch = std::move(spare_->batches.back());
      spare_->batches.pop_back();
    }
  }
  if (!batch) batch = std::make_unique<Batch>(events_.schema());
  return {batch.release(), [spare = spare_](Batch* used) {
            used->clear();
            const std::lock_guard lock(spare->mutex);
            spare->batches.emplace_back(used);
          }};
}

void PlayStream::convert(const Batch& events, Worker& worker, Batch& plays) const {
  worker.found.clear();
  for (std::size_t row = 0; row < events.row_count(); ++row) {
    ++worker.events[static_cast<std::int32_t>(integer(events, kObjectNo, row))];
    if (is_there(events, kPage, row) && events.column(kPage).texts[row] == kPlayPage) {
      const SongIndex::Key key{events.column(kSong).texts[row], events.column(kArtist).texts[row],
                               integer(events, kLength, row)};
      worker.found.push_back({row, key, songs_.place_of(key)});
    }
  }
  for (const FoundPlay& play : worker.found) add_play(events, play, worker, plays);
  note_users(events, worker);
}

void PlayStream::add_play(const Batch& events, const FoundPlay& play, Worker& worker,
                          Batch& plays) const {
  const std::size_t row = play.row;
  const std::int64_t play_id = event_key(events, row);
  const std::int64_t ts = integer(events, kTs, row);
  ++worker.play_count;
  worker.play_ids.push_back(play_id);
  worker.start_times.push_back(ts);
  const SongIndex::Match* match = songs_.find(play.key, play.place);
  plays.add_integer(0, play_id);
  plays.add_integer(1, ts);
  plays.add_integer(2, integer(events, kUserId, row));
  pass_text(events, kLevel, row, plays, 3);
  if (match != nullptr) {
    plays.add_text(4, match->song_id);
    plays.add_text(5, match->artist_id);
  } else {
    plays.add_null(4);
    plays.add_null(5);
  }
  plays.add_integer(6, integer(events, kSessionId, row));
  pass_text(events, kLocation, row, plays, 7);
  pass_text(events, kUserAgent, row, plays, 8);
  plays.end_row();
  if (match != nullptr) return;
  if (worker.unmatched.empty() || worker.unmatched.back().row_count() == kUnmatchedRowsMax) {
    worker.unmatched.emplace_back(unmatched_songplays_schema());
  }
  Batch& unmatched = worker.unmatched.back();
  unmatched.add_integer(0, play_id);
  unmatched.add_text_copy(1, play.key.title);
  unmatched.add_text_copy(2, play.key.artist_name);
  unmatched.add_integer(3, play.key.duration);
  unmatched.end_row();
}

/// By place alone at first: texts are copied once a batch and user.
void PlayStream::note_users(const Batch& events, Worker& worker) {
  User candidate;
  for (std::size_t row = 0; row < events.row_count(); ++row) {
    if (!is_there(events, kUserId, row)) continue;
    candidate.set_place(events, row);
    const auto [found, is_new] =
        worker.user_numbers.try_emplace(integer(events, kUserId, row), worker.users.size());
    if (is_new) {
      worker.users.emplace_back().user_id = found->first;
    } else if (!candidate.precedes(worker.users[found->second])) {
      continue;
    }
    User& user = worker.users[found->second];
    if (!user.noted_row) worker.changed.push_back(found->second);
    user.set_place(events, row);
    user.noted_row = row;
  }
  for (const std::size_t number : worker.changed) worker.users[number].copy_texts(events);
  worker.changed.clear();
}

std::int64_t PlayStream::play_count() const {
  std::int64_t count = 0;
  for (const auto& worker : workers_) count += worker->play_count;
  return count;
}

std::vector<std::int64_t> PlayStream::take_play_ids() {
  return merge_sorted(take_all(&Worker::play_ids));
}

std::vector<std::int64_t> PlayStream::take_start_times() {
  std::vector<std::int64_t> all = merge_sorted(take_all(&Worker::start_times));
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::vector<std::vector<std::int64_t>> PlayStream::take_all(
    std::vector<std::int64_t> Worker::*numbers) {
  std::vector<std::vector<std::int64_t>> all;
  for (const auto& worker : workers_) all.push_back(std::move((*worker).*numbers));
  return all;
}

std::list<Batch> PlayStream::take_unmatched() {
  std::list<Batch> all;
  for (const auto& worker : workers_) all.splice(all.end(), worker->unmatched);
  return all;
}

Batch PlayStream::take_users() const {
  std::unordered_map<std::int64_t, const User*> best;
  for (const auto& worker : workers_) {
    for (const User& user : worker->users) {
      const auto [found, is_new] = best.try_emplace(user.user_id, &user);
      if (!is_new && user.precedes(*found->second)) found->second = &user;
    }
  }
  Batch batch(staging_events_schema());
  for (const auto& [user_id, user] : best) user->add_row(batch);
  return batch;
}

std::map<std::int32_t, std::int64_t> PlayStream::event_counts() const {
  std::map<std::int32_t, std::int64_t> counts;
  for (const auto& worker : workers_) {
    for (const auto& [object_no, events] : worker->events) counts[object_no] += events;
  }
  return counts;
}

}  // namespace sparkify
