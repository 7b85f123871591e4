#pragma once

#include <string>
#include <vector>

namespace sparkify {

/// What a program that we start gets: our environment but for the database's password
/// (SPARKIFY_DB_PASSWORD, PGPASSWORD), which none of them has a use for.
class ChildEnvironment {
 public:
  ChildEnvironment();
  ChildEnvironment(const ChildEnvironment&) = delete;
  ChildEnvironment& operator=(const ChildEnvironment&) = delete;

  /// Sets `name`, unless it is set.
  void add(const std::string& name, const std::string& value);
  /// Ended by null, as posix_spawn wants it; good until the next call, and as long as this lives.
  char* const* variables();

 private:
  std::vector<char*> ours_;
  std::vector<std::string> added_;
  std::vector<char*> all_;
};

}  // namespace sparkify
