#include "generate/random.h"

#include <bit>

namespace sparkify {

namespace {

constexpr std::uint64_t kGoldenGamma = 0x9E3779B97F4A7C15;

std::uint64_t start_of(std::uint64_t seed, RandomPurpose purpose) {
  return mix(seed + kGoldenGamma) ^ (static_cast<std::uint64_t>(purpose) << 56);
}

}  // namespace

std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
  return value ^ (value >> 31);
}

Random::Random(std::uint64_t seed, RandomPurpose purpose) { fill_state(start_of(seed, purpose)); }

Random::Random(std::uint64_t seed, RandomPurpose purpose, std::uint64_t number) {
  fill_state(mix(start_of(seed, purpose) + mix(number + kGoldenGamma)));
}

void Random::fill_state(std::uint64_t counter) {
  for (std::uint64_t& word : state_) {
    counter += kGoldenGamma;
    word = mix(counter);
  }
}

std::uint64_t Random::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t Random::below(std::uint64_t count) {
  SPARKIFY_ASSERT(count > 0 && count <= (std::uint64_t{1} << 32));
  // The bias is below 2^-32 * count: of no account for test data, and no loop is needed.
  return ((next() >> 32) * count) >> 32;
}

std::int64_t Random::between(std::int64_t first, std::int64_t last) {
  SPARKIFY_ASSERT(first <= last);
  return first + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(last - first) + 1));
}

double Random::unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

bool Random::chance(double share) { return unit() < share; }

}  // namespace sparkify
