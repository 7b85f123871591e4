#pragma once

#include <cstdint>
#include <string>

namespace sparkify {

/// Five letters A-Z that depend on `number` and on `series`; not unique.
std::string letters_of(std::uint64_t seed, std::int32_t number, std::uint64_t series);

/// Seven digits 0-9A-F, different for each `number` of 0..2^28-1.
std::string unique_digits(std::uint64_t seed, std::int32_t number);

}  // namespace sparkify
