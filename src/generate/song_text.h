#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "generate/catalogue.h"
#include "generate/random.h"

namespace sparkify {

std::string draw_title(Random& random);
std::string draw_artist_name(Random& random);
/// An ending that makes another version of a title; often none, so that titles are equal.
std::string_view draw_remix_ending(Random& random);
/// Seconds * 100,000; most between two and six minutes, in steps of some 0.026 s.
std::int64_t draw_duration_e5(Random& random);
Artist draw_artist(Random& random);

/// `text` as the app would have logged it: what is not ASCII was encoded twice or three times.
std::string as_logged(Random& random, std::string text);

}  // namespace sparkify
