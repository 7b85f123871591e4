#include "transform/star.h"

namespace sparkify {

Status Star::find_play_faults(Transaction& transaction) const {
  TRY_ASSIGN(const std::string sql, sql_.load_statement("play_faults"));
  const auto done = transaction.execute(sql);
  if (!done.ok()) return done.error();
  return {};
}

Result<std::int64_t> Star::apply(Transaction& transaction, DataKind kind) const {
  if (kind == DataKind::songs) {
    for (const char* model : {"songs", "artists"}) {
      TRY_ASSIGN(const std::string sql, sql_.load_statement(model));
      TRY(transaction.execute(sql));
    }
    return 0;
  }
  TRY_ASSIGN(const std::string songplays, sql_.load_statement("songplays"));
  TRY_ASSIGN(const std::int64_t plays, transaction.execute(songplays));
  for (const char* model : {"unmatched_songplays", "time", "users"}) {
    TRY_ASSIGN(const std::string sql, sql_.load_statement(model));
    TRY(transaction.execute(sql));
  }
  return plays;
}

Status Star::apply_users(Transaction& transaction) const {
  TRY_ASSIGN(const std::string sql, sql_.load_statement("users"));
  TRY(transaction.execute(sql));
  return {};
}

Result<std::int64_t> Star::match_late_songs(Transaction& transaction) const {
  TRY(transaction.execute(sql_.get("late/find_matches")));
  TRY_ASSIGN(const std::int64_t matched, transaction.execute(sql_.get("late/apply_matches")));
  TRY(transaction.execute(sql_.get("late/remove_matched")));
  return matched;
}

}  // namespace sparkify
