#pragma once

#include <string>

#include "generate/random.h"

namespace sparkify {

/// The user agent of an invented browser, as the app logs it: most in double quotes of their own.
std::string draw_user_agent(Random& random);

}  // namespace sparkify
