#pragma once

#include <string>

#include "doctor/finding.h"
#include "source/object_store.h"

namespace sparkify {

struct SourceFindings {
  Finding list;
  Finding read;
  /// Whether who we say we are, and when, was taken; else asking for more is no use.
  bool is_admitted = true;
};

/// Lists a location and reads the beginning of one object there: `NAME.list` and `NAME.read`. Of
/// what is large it looks at a part only.
SourceFindings check_source(const std::string& name, const std::string& location,
                            ObjectStore& store);

}  // namespace sparkify
