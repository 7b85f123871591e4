#include "base/process_memory.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace sparkify {

void protect_process_memory() {
  // The first does it all; core files are worth a second lock, of which nothing else depends.
  prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
  rlimit limit = {};
  if (getrlimit(RLIMIT_CORE, &limit) != 0) return;
  limit.rlim_cur = 0;
  setrlimit(RLIMIT_CORE, &limit);
}

}  // namespace sparkify
