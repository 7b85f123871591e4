#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "generate/generator.h"
#include "generate/truth.h"
#include "source/object_store.h"

namespace sparkify {

/// Writes data files, packed if wanted, and counts them.
class DataWriter {
 public:
  /// What it is given must outlive it.
  DataWriter(ObjectWriter& writer, bool gzip, Truth& truth, GenerateProgress& progress)
      : writer_(writer), gzip_(gzip), truth_(truth), progress_(progress) {}

  /// What the file of that name without compression is called.
  std::string name_of(std::string name) const { return gzip_ ? name + ".gz" : name; }
  /// `name`: as name_of() gives it. `record_count`: of the file.
  Status write(std::string_view name, std::string_view text, std::int64_t record_count);

 private:
  ObjectWriter& writer_;
  const bool gzip_;
  Truth& truth_;
  GenerateProgress& progress_;
};

}  // namespace sparkify
