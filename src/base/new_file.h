#pragma once

#include <sys/types.h>

#include <string>

namespace sparkify {

/// Opens a file for writing that was not there before: what has its name is removed, and no
/// symbolic link followed, so that nobody else's file is written. `mode` as of open(2). Returns a
/// descriptor, or -1 and errno.
int open_new_file(const std::string& path, mode_t mode);

}  // namespace sparkify
