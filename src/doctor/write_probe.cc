#include "doctor/write_probe.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/time.h"
#include "base/utf8.h"

namespace sparkify {

namespace {

constexpr std::string_view kProbeText =
    "Written by `sparkify doctor` to see whether it may; it can be removed.\n";
constexpr std::string_view kPatternSigns = "*?[";

Status remove_probe(const std::string& place, const std::string& name, const OpenWriter& open) {
  TRY_ASSIGN(const auto writer, open(place));
  TRY(writer->remove(name));
  return writer->finish();
}

std::string object_of(const std::string& place, const std::string& name) {
  return printable(place.ends_with('/') ? place + name : place + "/" + name);
}

/// It is there, and stays.
Finding left_behind(std::string name, Health health, const std::string& object,
                    const Error& error) {
  return {std::move(name), health,
          fmt::format("{} was written and cannot be removed ({})", object, error.message),
          fmt::format("grant s3:DeleteObject, and remove {}", object)};
}

bool names_file(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.find(".json") != name.npos || name.find(".ndjson") != name.npos;
}

}  // namespace

std::string probe_name() {
  return fmt::format(".sparkify-doctor-probe-{}-{}", now_micros(), ::getpid());
}

std::string data_folder(std::string_view location) {
  constexpr std::string_view kScheme = "s3://";
  const std::size_t bucket_end = std::min(location.find('/', kScheme.size()), location.size());
  std::string_view folder = location;
  const std::size_t sign = location.find_first_of(kPatternSigns, bucket_end);
  if (sign != location.npos || names_file(location.substr(bucket_end))) {
    folder = location.substr(0, location.rfind('/', sign));
  }
  while (folder.size() > bucket_end && folder.ends_with('/')) folder.remove_suffix(1);
  return std::string(folder);
}

Finding check_write_refused(std::string name, const std::string& place, const OpenWriter& open) {
  const std::string probe = probe_name();
  auto writer = open(place);
  if (!writer.ok()) return bad(std::move(name), writer.error());
  const auto written = (*writer)->write_if_allowed(probe, kProbeText);
  if (written.ok() && !*written) {
    return fine(std::move(name), "writing is refused, as it should be");
  }
  // An answer that was lost does not tell whether the object is there.
  const Status removed = remove_probe(place, probe, open);
  if (!written.ok()) return doubtful(std::move(name), written.error());
  if (!removed.ok()) {
    return left_behind(std::move(name), Health::warn, object_of(place, probe), removed.error());
  }
  return doubtful(std::move(name),
                  fmt::format("these credentials may also write below {}", printable(place)),
                  "leave them s3:ListBucket and s3:GetObject only there: who reads needs no more");
}

Finding check_write_allowed(std::string name, const std::string& place, const OpenWriter& open) {
  const std::string probe = probe_name();
  auto writer = open(place);
  if (!writer.ok()) return bad(std::move(name), writer.error());
  Status written = (*writer)->write(probe, kProbeText);
  if (written.ok()) written = (*writer)->finish();
  const Status removed = remove_probe(place, probe, open);
  if (!written.ok()) return bad(std::move(name), written.error());
  if (!removed.ok()) {
    return left_behind(std::move(name), Health::fail, object_of(place, probe), removed.error());
  }
  return fine(std::move(name), fmt::format("can be written and emptied: {}", printable(place)));
}

}  // namespace sparkify
