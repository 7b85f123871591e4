#include "warehouse/redshift/part_writer.h"

#include <fmt/format.h>

#include <mutex>
#include <utility>

#include "base/gzip.h"
#include "base/parallel.h"
#include "warehouse/redshift/copy_command.h"
#include "warehouse/redshift/csv_rows.h"

namespace sparkify::redshift {

namespace {

/// Some 2 to 3 MiB compressed: AWS asks for 1 MB to 1 GB, and a full group gives enough parts for
/// the slices of a small cluster. See docs/redshift.md.
constexpr std::size_t kPartBytes = std::size_t{16} << 20;

/// The parts of one COPY, numbered as they are written.
class PartList {
 public:
  PartList(ObjectWriter& writer, std::string folder)
      : writer_(writer), folder_(std::move(folder)) {}

  Status add(std::string_view rows, std::int64_t row_count) {
    const std::string packed = gzip(rows);
    const std::lock_guard lock(mutex_);
    parts_.names.push_back(fmt::format("{}/{:04}.csv.gz", folder_, parts_.names.size()));
    parts_.rows += row_count;
    return writer_.write(parts_.names.back(), packed);
  }

  /// The manifest, when all parts are there.
  Result<StagedParts> finish(const std::string& place) {
    if (parts_.rows == 0) return std::move(parts_);
    std::vector<std::string> urls;
    for (const std::string& name : parts_.names) urls.push_back(place + "/" + name);
    const std::string name = folder_ + "/manifest.json";
    TRY(writer_.write(name, manifest_of(urls)));
    TRY(writer_.finish());
    parts_.names.push_back(name);
    parts_.manifest = place + "/" + name;
    return std::move(parts_);
  }

 private:
  ObjectWriter& writer_;
  const std::string folder_;
  std::mutex mutex_;
  StagedParts parts_;
};

/// Makes parts until the source has no more rows.
Status add_parts(BatchSource& source, PartList& parts, const SharedOutcome& outcome) {
  Batch batch(source.schema());
  std::string rows;
  std::int64_t row_count = 0;
  while (!outcome.is_over()) {
    TRY_ASSIGN(const bool more, source.next(batch));
    if (!more) break;
    append_csv_rows(batch, rows);
    row_count += static_cast<std::int64_t>(batch.row_count());
    if (rows.size() < kPartBytes) continue;
    TRY(parts.add(rows, row_count));
    rows.clear();
    row_count = 0;
  }
  return row_count == 0 ? Status() : parts.add(rows, row_count);
}

}  // namespace

Result<StagedParts> write_parts(BatchSource& source, const ControlArea& area, std::string_view name,
                                std::size_t threads) {
  TRY_ASSIGN(const auto writer, area.open());
  PartList parts(*writer, std::string(name));
  SharedOutcome outcome;
  run_on_threads(threads, [&](std::size_t) {
    const Status added = add_parts(source, parts, outcome);
    if (!added.ok()) outcome.fail(added.error());
  });
  TRY(outcome.status());
  return parts.finish(area.place);
}

Status remove_parts(const ControlArea& area, const std::vector<std::string>& names) {
  if (names.empty()) return {};
  TRY_ASSIGN(const auto writer, area.open());
  for (const std::string& name : names) TRY(writer->remove(name));
  return writer->finish();
}

}  // namespace sparkify::redshift
