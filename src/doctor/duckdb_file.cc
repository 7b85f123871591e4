#include "doctor/duckdb_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/byte_size.h"
#include "base/utf8.h"

namespace sparkify {

namespace fs = std::filesystem;

namespace {

constexpr const char* kRights = "rights";
constexpr const char* kDisk = "disk";

fs::path folder_of(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

bool may(const std::string& path, int what) {
  return ::faccessat(AT_FDCWD, path.c_str(), what, AT_EACCESS) == 0;
}

bool exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

Finding cannot_write(const std::string& path) {
  const int trouble = errno;
  return bad(
      kRights, fmt::format("{} cannot be written ({})", printable(path), std::strerror(trouble)),
      trouble == EROFS ? "choose a warehouse on a file system that can be written"
                       : "give this user the right to write it, or choose another warehouse");
}

}  // namespace

Finding check_file_rights(const std::string& path) {
  const std::string folder = folder_of(path).native();
  if (!exists(folder)) {
    return bad(kRights, fmt::format("there is no folder {}", printable(folder)),
               "make the folder, or correct --warehouse");
  }
  if (!may(folder, W_OK | X_OK)) return cannot_write(folder);
  for (const std::string& each : {path, path + ".lock"}) {
    if (exists(each) && !may(each, W_OK)) return cannot_write(each);
  }
  return fine(kRights, exists(path) ? "the file and its folder can be written"
                                    : "the folder can be written");
}

Finding judge_free_disk(const std::string& folder, std::uint64_t free_bytes) {
  const std::string found =
      fmt::format("{} free in {}", format_bytes(free_bytes), printable(folder));
  if (free_bytes >= kFreeBytesGood) return fine(kDisk, found);
  return doubtful(kDisk, fmt::format("{}, less than {}", found, format_bytes(kFreeBytesGood)),
                  "free some space there, or choose a warehouse on another disk");
}

Finding check_free_disk(const std::string& path) {
  const fs::path folder = folder_of(path);
  std::error_code error;
  const fs::space_info space = fs::space(folder, error);
  if (!error) return judge_free_disk(fs::absolute(folder, error).native(), space.available);
  return not_looked_at(kDisk, fmt::format("the disk of {} does not tell ({})",
                                          printable(folder.native()), error.message()));
}

}  // namespace sparkify
