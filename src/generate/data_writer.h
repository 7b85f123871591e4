#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "generate/file_crew.h"
#include "generate/generator.h"
#include "source/object_store.h"

namespace sparkify {

/// Writes data files, packed if wanted, and counts them. Safe from several threads at once.
class DataWriter {
 public:
  /// What it is given must outlive it.
  DataWriter(ObjectWriter& writer, bool gzip, GenerateProgress& progress)
      : writer_(writer), gzip_(gzip), progress_(progress) {}

  /// What the file of that name without compression is called.
  std::string name_of(std::string name) const { return gzip_ ? name + ".gz" : name; }
  /// `name`: as name_of() gives it. `record_count`: of the file, for the progress.
  Status write(std::string_view name, std::string_view text, std::int64_t record_count,
               FileReport& report) const;

 private:
  ObjectWriter& writer_;
  const bool gzip_;
  GenerateProgress& progress_;
};

}  // namespace sparkify
