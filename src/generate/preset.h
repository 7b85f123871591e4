#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "generate/generator.h"

namespace sparkify {

/// Options under one name: `tiny` (1,000 events of a week, for a look), `demo` (40,000 of a month),
/// `month` (720,000), `year` (8,760,000: 24,000 a day). Nothing, if there is none of that name.
std::optional<GenerateOptions> preset(std::string_view name);

/// Their names, with commas between.
std::string preset_names();

}  // namespace sparkify
