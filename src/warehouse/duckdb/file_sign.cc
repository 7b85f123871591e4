#include "warehouse/duckdb/file_sign.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "warehouse/duckdb/real_file.h"

namespace sparkify {

namespace {

/// Empty: there is none.
std::string sign_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return fmt::format("{}:{}:{}.{}", status.st_ino, status.st_size, status.st_mtim.tv_sec,
                     status.st_mtim.tv_nsec);
}

}  // namespace

std::string duckdb_file_sign(const std::string& path) {
  const std::string file = duckdb_real_file(path);
  return sign_of(file) + " " + sign_of(file + ".wal");
}

}  // namespace sparkify
