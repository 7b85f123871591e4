#include "generate/data_writer.h"

#include "base/gzip.h"

namespace sparkify {

Status DataWriter::write(std::string_view name, std::string_view text, std::int64_t record_count,
                         FileReport& report) const {
  const std::string packed = gzip_ ? gzip(text) : "";
  const std::string_view bytes = gzip_ ? packed : text;
  TRY(writer_.write(name, bytes));
  ++report.files;
  report.bytes += static_cast<std::int64_t>(bytes.size());
  progress_.records += record_count;
  progress_.bytes += static_cast<std::int64_t>(bytes.size());
  return {};
}

}  // namespace sparkify
