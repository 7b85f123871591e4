#include "base/new_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace sparkify {

int open_new_file(const std::string& path, mode_t mode) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  const int descriptor = ::open(path.c_str(), kFlags, mode);
  if (descriptor >= 0 || errno != EEXIST) return descriptor;
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return -1;
  return ::open(path.c_str(), kFlags, mode);
}

}  // namespace sparkify
