#include "generate/identifier.h"

#include <string_view>

#include "base/assert.h"
#include "generate/random.h"

namespace sparkify {

namespace {

constexpr std::uint64_t kNumberCount = std::uint64_t{1} << 28;

}  // namespace

std::string letters_of(std::uint64_t seed, std::int32_t number, std::uint64_t series) {
  std::uint64_t left = mix(mix(seed + series) + static_cast<std::uint64_t>(number));
  std::string letters(5, 'A');
  for (char& letter : letters) {
    letter = static_cast<char>('A' + left % 26);
    left /= 26;
  }
  return letters;
}

std::string unique_digits(std::uint64_t seed, std::int32_t number) {
  SPARKIFY_ASSERT(number >= 0 && static_cast<std::uint64_t>(number) < kNumberCount);
  // An odd factor and an offset only reorder the numbers below a power of two.
  const std::uint64_t value =
      (static_cast<std::uint64_t>(number) * 0x9E3779B1 + mix(seed)) % kNumberCount;
  std::string digits;
  for (int shift = 24; shift >= 0; shift -= 4) {
    digits += std::string_view("0123456789ABCDEF")[(value >> shift) & 0xF];
  }
  return digits;
}

}  // namespace sparkify
