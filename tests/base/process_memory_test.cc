#include "base/process_memory.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace sparkify {
namespace {

// In a process of its own: what is done cannot all be undone.
template <typename Work>
int status_of_child(const Work& work) {
  const pid_t pid = fork();
  if (pid == 0) _exit(work());
  int status = -1;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  return status;
}

TEST(ProcessMemory, IsNeverDumped) {
  const int status = status_of_child([] {
    // A test before this one may have been another user for a while, which has the same effect.
    prctl(PR_SET_DUMPABLE, 1L, 0L, 0L, 0L);
    protect_process_memory();
    rlimit limit = {};
    if (getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_cur != 0) return 1;
    return prctl(PR_GET_DUMPABLE) == 0 ? 0 : 2;
  });
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(ProcessMemory, IsNotDumpedEvenWhereTheLimitIsRaisedAgain) {
  const int status = status_of_child([] {
    prctl(PR_SET_DUMPABLE, 1L, 0L, 0L, 0L);
    protect_process_memory();
    rlimit limit = {};
    getrlimit(RLIMIT_CORE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_CORE, &limit);
    std::raise(SIGABRT);
    return 0;
  });
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_FALSE(WCOREDUMP(status));
}

}  // namespace
}  // namespace sparkify
