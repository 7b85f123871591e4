#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace sparkify {

/// The word of `known` that somebody who wrote `word` most likely meant, or none if nothing is
/// near.
///
/// Near means: at most a third of the longer word, and at least one letter, has to be changed,
/// added, left out or swapped with its neighbour. Case does not count. The first of equals wins.
/// The view is one of `known`. Words above 64 bytes are near to nothing.
std::optional<std::string_view> nearest_word(std::string_view word,
                                             std::span<const std::string_view> known);

}  // namespace sparkify
