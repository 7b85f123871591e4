#include "doctor/secret_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "base/utf8.h"

namespace sparkify {

namespace {

constexpr const char* kName = "secret_files";
constexpr ::mode_t kOthers = S_IRWXG | S_IRWXO;
constexpr ::mode_t kModeBits = 07777;

std::optional<Finding> trouble_with(const SecretFile& file, const struct stat& info) {
  const std::string shown = printable(file.path);
  if ((info.st_mode & kOthers) != 0) {
    return doubtful(kName,
                    fmt::format("{}: {}, open to others than its owner (mode {:03o})", shown,
                                file.what, info.st_mode & kModeBits),
                    "run: chmod 600 " + shown);
  }
  if (::faccessat(AT_FDCWD, file.path.c_str(), R_OK, AT_EACCESS) == 0) return std::nullopt;
  return doubtful(
      kName, fmt::format("{}: {}, cannot be read ({})", shown, file.what, std::strerror(errno)),
      "give the file to the user who runs sparkify (chown), mode 600");
}

}  // namespace

std::vector<Finding> check_secret_files(const std::vector<SecretFile>& files) {
  std::vector<Finding> findings;
  std::string seen;
  for (const SecretFile& file : files) {
    struct stat info {};
    if (::stat(file.path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    if (auto trouble = trouble_with(file, info)) {
      findings.push_back(*std::move(trouble));
    } else {
      seen += (seen.empty() ? "" : ", ") + printable(file.path);
    }
  }
  if (!findings.empty()) return findings;
  return {
      fine(kName, seen.empty() ? "none is in use" : fmt::format("for their owner only: {}", seen))};
}

}  // namespace sparkify
