#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace sparkify {

/// The names of people and places; all UTF-8. The people are none of real data.

struct Place {
  std::string_view name;
  std::int32_t latitude_e5;
  std::int32_t longitude_e5;
};

/// Names that go together, in scripts other than plain Latin.
struct Culture {
  std::array<std::string_view, 4> first_f;
  std::array<std::string_view, 4> first_m;
  std::array<std::string_view, 5> last;
};

std::span<const std::string_view> first_names_f();
std::span<const std::string_view> first_names_m();
std::span<const std::string_view> last_names();
std::span<const Culture> cultures();
/// "City-City, ST-ST", the ones with the most users first.
std::span<const std::string_view> user_places();
std::span<const Place> artist_places();

}  // namespace sparkify
