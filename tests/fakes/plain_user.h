#pragma once

#include <unistd.h>

#include <filesystem>

namespace sparkify {

/// While it lives, the process has no more rights than a plain user, who owns `folder` itself: so
/// that root's tests meet permissions too.
class PlainUser {
 public:
  explicit PlainUser(const std::filesystem::path& folder) : was_root_(::geteuid() == 0) {
    if (!was_root_) return;
    failed_ = ::chown(folder.c_str(), kNobody, kNobody) != 0 || ::seteuid(kNobody) != 0;
  }
  ~PlainUser() {
    if (was_root_ && ::seteuid(0) != 0) ::_exit(1);
  }
  PlainUser(const PlainUser&) = delete;
  PlainUser& operator=(const PlainUser&) = delete;
  bool ok() const { return !failed_; }

 private:
  static constexpr ::uid_t kNobody = 65534;
  bool was_root_;
  bool failed_ = false;
};

}  // namespace sparkify
