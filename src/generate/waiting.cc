#include "generate/waiting.h"

#include <array>

namespace sparkify {

namespace {

/// Where the 32 equally likely parts of the distribution begin and end, in thousandths of the mean:
/// -ln(1 - i / 32), and an end for the last.
constexpr std::array<std::int64_t, 33> kBounds{
    0,   32,  65,  98,  134,  170,  208,  247,  288,  330,  375,  421,  470,  521,  575,  633, 693,
    758, 827, 901, 981, 1068, 1163, 1269, 1386, 1520, 1674, 1856, 2079, 2367, 2773, 3466, 6000};

}  // namespace

std::int64_t draw_waiting(Random& random, std::int64_t mean) {
  const auto part = static_cast<std::size_t>(random.below(kBounds.size() - 1));
  return mean * random.between(kBounds[part], kBounds[part + 1]) / 1000;
}

}  // namespace sparkify
