#include "base/assert.h"

#include <unistd.h>

#include <cstdio>
#include <cstring>

namespace sparkify {

namespace {
constexpr int kExitFaultOfOurs = 70;
}

void assertion_failed(const char* condition, const char* file, int line) {
  // __FILE__ may be an absolute path of the build machine; only its last part is for the reader.
  const char* slash = std::strrchr(file, '/');
  std::fprintf(stderr,
               "sparkify: internal error: %s does not hold (%s:%d)\n"
               "  Nothing of the current group was committed. Please report this with the command "
               "line.\n",
               condition, slash == nullptr ? file : slash + 1, line);
  // No destructors: they could wait for threads that will never come back.
  _exit(kExitFaultOfOurs);
}

}  // namespace sparkify
