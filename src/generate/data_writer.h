#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "generate/delivery_plan.h"
#include "generate/file_crew.h"
#include "generate/generator.h"
#include "generate/record_file.h"
#include "source/object_store.h"

namespace sparkify {

/// Writes data files, packed if wanted, and reports them. Safe from several threads at once.
class DataWriter {
 public:
  /// What it is given must outlive it.
  DataWriter(ObjectWriter& writer, bool gzip, GenerateProgress& progress)
      : writer_(writer), gzip_(gzip), progress_(progress) {}

  /// What the file of that name without compression is called.
  std::string name_of(std::string name) const { return gzip_ ? name + ".gz" : name; }
  /// Ends `file`, whose name is as name_of() gives it, and writes it as it comes in the delivery.
  /// `record_count`: for the progress.
  Status write(RecordFile& file, const FilePlan& plan, FilePlan::Arrival arrival,
               std::int64_t record_count, FileReport& report) const;

 private:
  Status write_bytes(std::string_view name, std::string_view text, FileReport& report) const;

  ObjectWriter& writer_;
  const bool gzip_;
  GenerateProgress& progress_;
};

}  // namespace sparkify
