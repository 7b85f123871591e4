#pragma once

#include <cstdint>

#include "record/schema.h"
#include "sql/sql_library.h"
#include "warehouse/warehouse.h"

namespace sparkify {

/// The SQL that turns a group's staged rows into the star schema, in the group's transaction.
/// Each step is a model in sql/star; its header says what it needs and how it is loaded.
class Star {
 public:
  explicit Star(const SqlLibrary& sql) : sql_(sql) {}

  /// Finds the staged plays that are duplicates or conflicts. Logs only; before apply.
  Status find_play_faults(Transaction& transaction) const;
  /// Merges a group. Returns the new rows of songplays (0 for songs).
  Result<std::int64_t> apply(Transaction& transaction, DataKind kind) const;
  /// Merges the group's users alone: the rest went straight into the star.
  Status apply_users(Transaction& transaction) const;
  /// Holds every unmatched play against all songs. Returns how many found theirs.
  Result<std::int64_t> match_late_songs(Transaction& transaction) const;

 private:
  const SqlLibrary& sql_;
};

}  // namespace sparkify
