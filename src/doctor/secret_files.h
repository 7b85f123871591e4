#pragma once

#include <string>
#include <vector>

#include "doctor/finding.h"

namespace sparkify {

/// A file that may hold a secret, and is read if it is there.
struct SecretFile {
  std::string path;
  std::string what;  ///< `libpq's password file`
};

/// A warning for each file that others than its owner may use, and for each that we cannot read; a
/// line that all is well if there are none.
std::vector<Finding> check_secret_files(const std::vector<SecretFile>& files);

}  // namespace sparkify
