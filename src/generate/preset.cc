#include "generate/preset.h"

#include <algorithm>
#include <array>

namespace sparkify {

namespace {

struct Preset {
  std::string_view name;
  std::int64_t events;
  std::int64_t users;
  std::int64_t songs;
  std::int32_t days;
};

constexpr std::array<Preset, 4> kPresets = {{
    {"tiny", 1'000, 20, 50, 7},
    {"demo", 40'000, 400, 1'000, 30},
    {"month", 720'000, 4'000, 10'000, 30},
    {"year", 8'760'000, 20'000, 50'000, 365},
}};

}  // namespace

std::optional<GenerateOptions> preset(std::string_view name) {
  const auto* const found = std::find_if(kPresets.begin(), kPresets.end(),
                                         [&](const Preset& each) { return each.name == name; });
  if (found == kPresets.end()) return {};
  GenerateOptions options;
  options.events = found->events;
  options.users = found->users;
  options.songs = found->songs;
  options.days = found->days;
  return options;
}

std::string preset_names() {
  std::string names;
  for (const Preset& each : kPresets) names += (names.empty() ? "" : ", ") + std::string(each.name);
  return names;
}

}  // namespace sparkify
