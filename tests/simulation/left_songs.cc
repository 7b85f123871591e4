#include "left_songs.h"

#include <algorithm>

namespace sparkify::simulation {

Result<LeftSongs> LeftSongs::of(Warehouse& warehouse) {
  TRY_ASSIGN(const Rows rows,
             warehouse.query("select run_id, uri, etag, run_id > (select coalesce(max(run_id), 0) "
                             "from etl_runs where late_matches is not null) "
                             "from etl_objects where kind = 'song' order by run_id"));
  LeftSongs songs;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    const auto version = std::pair(rows.at(i, 1).text, rows.at(i, 2).text);
    songs.loaded_.insert(version);
    if (rows.at(i, 3).text != "true") continue;
    songs.left_.insert(version);
    songs.run_id_ = rows.integer(i, 0);
  }
  return songs;
}

bool LeftSongs::has_just_the_rest(const Listing& listed) const {
  Versions found;
  for (const ObjectInfo& object : listed.objects) found.emplace(object.uri, object.etag);
  if (!std::includes(found.begin(), found.end(), left_.begin(), left_.end())) return false;
  return std::none_of(found.begin(), found.end(), [this](const auto& version) {
    return !loaded_.contains(version) && version.first < left_.rbegin()->first;
  });
}

Result<bool> LeftSongs::are_made_up_for(Warehouse& warehouse) const {
  TRY_ASSIGN(const Rows rows, warehouse.query("select count(late_matches) from etl_runs "
                                              "where run_id = $1",
                                              {run_id_}));
  return rows.integer(0, 0) == 1;
}

}  // namespace sparkify::simulation
