#include "base/version.h"

namespace sparkify {

std::string_view program_version() { return SPARKIFY_VERSION; }

}  // namespace sparkify
