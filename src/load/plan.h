#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "record/object_info.h"

namespace sparkify {

/// What the ledger says of a listed object.
enum class LedgerMark {
  fresh,      ///< nothing: its uri was never loaded
  changed,    ///< another version of it was loaded
  unchanged,  ///< this very version was loaded
};

struct PlannedObject {
  ObjectInfo info;
  DataKind kind = DataKind::logs;
  std::int32_t object_no = 0;  ///< from 1, in the order of application, over the whole run
};

/// Objects that are applied in one transaction, all of one kind, in the order of application.
struct Group {
  DataKind kind = DataKind::logs;
  std::vector<PlannedObject> objects;
  /// Whether the warehouse shall try to read the objects by itself; see load/stage_choice.h.
  bool is_direct = false;
  bool is_last_of_kind = false;  ///< all that the run has of this kind is applied with it
};

struct Plan {
  std::vector<Group> groups;  ///< songs before logs
  std::int64_t fresh_objects = 0;
  std::int64_t changed_objects = 0;
  std::int64_t unchanged_objects = 0;
  std::uint64_t fresh_bytes = 0;
  std::uint64_t changed_bytes = 0;

  std::int64_t object_count() const { return fresh_objects + changed_objects; }
  std::uint64_t byte_count() const { return fresh_bytes + changed_bytes; }
};

/// Songs of runs that ended before their last group of them: no unmatched play was held against
/// these yet.
struct WaitingSongs {
  bool are_listed = true;  ///< all of them, as they were loaded
  std::string last_uri;    ///< in byte order; empty: there are none
};

/// One kind of input: what was listed, in byte order of uri, and the ledger's mark of each.
struct MarkedListing {
  std::vector<ObjectInfo> objects;
  std::vector<LedgerMark> marks;
  WaitingSongs waiting = {};  ///< of the listing of songs
};

struct GroupLimits {
  /// Text bytes that a group takes on; one object may be more.
  std::uint64_t song_bytes_max = std::uint64_t{256} << 20;
  std::uint64_t log_bytes_max = std::uint64_t{256} << 20;
  std::size_t objects_max = 100'000;
  /// Bytes of text for a stored byte, by the object's name.
  std::function<double(std::string_view)> expansion = [](std::string_view) { return 1.0; };
};

/// Which objects to apply, in which order, in which transactions: songs before logs, each in byte
/// order of uri, what the ledger has left out. A pure function.
Plan make_plan(const MarkedListing& songs, const MarkedListing& logs, const GroupLimits& limits);

}  // namespace sparkify
