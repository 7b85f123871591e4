#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "base/result.h"
#include "sql/sql_library.h"
#include "warehouse/warehouse.h"

namespace sparkify {

/// How new and how much what the tables hold is.
struct Freshness {
  nlohmann::ordered_json banner;  ///< the last run, rows of each table, rejects, matches
  nlohmann::ordered_json range;   ///< first and last day with plays; null without any
  std::int64_t days = 0;          ///< between the first and the last
};

/// `sees_runs`  The user may read runs and rejects; else they are null.
Result<Freshness> read_freshness(Warehouse& warehouse, const SqlLibrary& sql, bool sees_runs);

/// A text that is another one as soon as a run has landed: of the last run; or, for who may not
/// read runs, of numbers of rows and times, which stay the same where a run only replaced what
/// there was.
Result<std::string> freshness_sign(Warehouse& warehouse, const SqlLibrary& sql, bool sees_runs);

}  // namespace sparkify
