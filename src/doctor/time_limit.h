#pragma once

#include <chrono>
#include <string_view>

#include "base/result.h"
#include "base/stop_flag.h"
#include "warehouse/warehouse.h"

namespace sparkify {

/// Reads one small result, for no longer than `limit` or until somebody asks to stop: then the
/// statement is interrupted. Errors: the warehouse's; `database`, when it took too long; `stopped`.
Result<Rows> query_within(Warehouse& warehouse, std::string_view sql, const StopFlag& stop,
                          std::chrono::milliseconds limit);

}  // namespace sparkify
