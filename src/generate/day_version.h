#pragma once

#include <cstdint>

#include "generate/day_plan.h"
#include "generate/delivery_plan.h"

namespace sparkify {

/// What a day's file holds that comes in another form than the right one, which `plan` is.
DayPlan in_form(FileForm form, DayPlan plan, std::uint64_t seed);

}  // namespace sparkify
