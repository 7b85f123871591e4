#pragma once

#include <cstdint>
#include <string>

#include "load/plan.h"
#include "warehouse/warehouse.h"

namespace sparkify {

/// How a warehouse that could read the source objects by itself gets their rows.
enum class StageMode {
  automatic,  ///< as the sizes of the group's objects suggest
  compact,    ///< our decoder reads them and writes typed parts, which the warehouse loads
  direct,     ///< the warehouse reads them, wherever it can
};

struct StageChoice {
  bool is_direct = false;
  std::string reason;  ///< for the plan
};

/// Chooses for one group. With `automatic`, objects of 1 MiB on average or more, none above 1 GiB,
/// go the direct way: those are the sizes that COPY is made for, and small ones are faster as a few
/// parts. `keeps_staging`: each record's place is to be shown, which only our decoder knows.
///
/// Source: docs/redshift.md; Amazon Redshift Database Developer Guide, "Loading data files".
StageChoice choose_stage(StageMode mode, const Group& group, bool keeps_staging,
                         const Warehouse& warehouse);

}  // namespace sparkify
