#pragma once

#include <functional>
#include <memory>

#include "base/result.h"
#include "warehouse/warehouse.h"

namespace sparkify {

/// Commits. Where the commit failed in a way that leaves its outcome open, opens the warehouse anew
/// and lets `took_place` ask it.
/// Errors: `database`, when nothing was committed; `commit_unknown`, when nobody could be asked.
Status commit_settled(Warehouse& warehouse, std::unique_ptr<Transaction> transaction,
                      const std::function<Result<bool>()>& took_place);

}  // namespace sparkify
