#include "left_songs.h"

#include <algorithm>

namespace sparkify::simulation {

Result<LeftSongs> LeftSongs::of(Warehouse& warehouse) {
  TRY_ASSIGN(const Rows rows,
             warehouse.query("select run_id, uri, etag from etl_objects where kind = 'song' and "
                             "run_id > (select coalesce(max(run_id), 0) from etl_runs "
                             "where late_matches is not null) order by run_id"));
  LeftSongs songs;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    songs.left_.emplace(rows.at(i, 1).text, rows.at(i, 2).text);
    songs.run_id_ = rows.integer(i, 0);
  }
  return songs;
}

Result<bool> LeftSongs::has_just_the_rest(Warehouse& warehouse, std::int64_t run_id,
                                          const Listing& listed) const {
  std::set<std::pair<std::string, std::string>> found;
  for (const ObjectInfo& object : listed.objects) found.emplace(object.uri, object.etag);
  if (!std::includes(found.begin(), found.end(), left_.begin(), left_.end())) return false;
  TRY_ASSIGN(const Rows first, warehouse.query("select min(uri) from etl_objects where "
                                               "kind = 'song' and run_id = $1",
                                               {run_id}));
  return first.at(0, 0).text > left_.rbegin()->first;
}

Result<bool> LeftSongs::are_made_up_for(Warehouse& warehouse) const {
  TRY_ASSIGN(const Rows rows, warehouse.query("select count(late_matches) from etl_runs "
                                              "where run_id = $1",
                                              {run_id_}));
  return rows.integer(0, 0) == 1;
}

}  // namespace sparkify::simulation
