#pragma once

#include <optional>
#include <string>

#include "base/result.h"

namespace sparkify {

/// Who holds a warehouse file.
struct LockHolder {
  std::string pid;
  std::string host;
  std::string since;  ///< UTC
};

/// A file beside a DuckDB file that one writing process holds with flock. The kernel lets go of it
/// when the process ends, however it ends; then its content means nothing.
class LockFile {
 public:
  LockFile() = default;
  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&& other) noexcept;
  ~LockFile();

  /// Errors: `locked`, when another process holds it (named in the message); `database`, when the
  /// file cannot be made.
  static Result<LockFile> acquire(const std::string& path, const std::string& what);
  /// Who holds it now, if anybody does.
  static std::optional<LockHolder> holder(const std::string& path);

 private:
  std::string path_;
  int descriptor_ = -1;
};

/// The message of a `locked` error.
std::string describe(const LockHolder& holder);

}  // namespace sparkify
