#pragma once

#include <string>

#include "generate/json_object.h"
#include "generate/random.h"

namespace sparkify {

/// The text of `object` (which it may change), broken so that it is no JSON from its first byte on
/// until the next line that begins with `{`.
///
/// `may_be_alien`  whether it may be something else altogether, which does not begin with `{`. Not
///                 after another bad record, which would swallow it.
std::string break_json(JsonObject& object, JsonStyle style, bool may_be_alien, Random& random);

}  // namespace sparkify
