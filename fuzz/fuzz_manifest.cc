// What Redshift is told: manifests, COPY's statements and CSV rows, of any names and texts; and the
// plan of a run, of any listing.

#include <fmt/format.h>
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "expect.h"
#include "load/plan.h"
#include "warehouse/redshift/copy_command.h"
#include "warehouse/redshift/csv_rows.h"

namespace sparkify {
namespace {

using fuzz::expect;

std::vector<ObjectInfo> make_objects(FuzzedDataProvider& input) {
  static constexpr std::array<const char*, 4> kSuffixes = {".json", ".json.gz", ".jsonl.bz2",
                                                           ".ndjson.zst"};
  std::vector<ObjectInfo> objects;
  for (std::size_t i = input.ConsumeIntegralInRange<std::size_t>(0, 12); i > 0; --i) {
    const std::string name = input.ConsumeRandomLengthString(30);
    objects.push_back({"s3://bucket/" + name + input.PickValueInArray(kSuffixes), "etag",
                       input.ConsumeIntegralInRange<std::uint64_t>(0, 1 << 20)});
  }
  std::sort(objects.begin(), objects.end(),
            [](const ObjectInfo& a, const ObjectInfo& b) { return a.uri < b.uri; });
  objects.erase(
      std::unique(objects.begin(), objects.end(),
                  [](const ObjectInfo& a, const ObjectInfo& b) { return a.uri == b.uri; }),
      objects.end());
  return objects;
}

/// Every object that may be told of is told of as it is, once, and must be there.
void check_manifest(const std::vector<ObjectInfo>& objects) {
  std::vector<std::string> urls;
  for (const ObjectInfo& object : objects) {
    if (redshift::is_copyable(object)) urls.push_back(object.uri);
  }
  const auto manifest = nlohmann::json::parse(redshift::manifest_of(urls), nullptr, false);
  expect(manifest.is_object() && manifest.size() == 1, "a manifest is JSON with one key");
  const auto& entries = manifest.at("entries");
  expect(entries.size() == urls.size(), "every object has an entry");
  for (std::size_t i = 0; i < urls.size(); ++i) {
    expect(entries[i].at("url") == urls[i] && entries[i].at("mandatory") == true,
           "an entry is an object that must be there", urls[i]);
  }
}

void check_shares(const std::vector<ObjectInfo>& objects) {
  std::vector<std::size_t> all;
  for (const redshift::CopyShare& share : redshift::shares_of(objects)) {
    expect(!share.places.empty(), "no share is empty");
    all.insert(all.end(), share.places.begin(), share.places.end());
  }
  std::sort(all.begin(), all.end());
  expect(all.size() == objects.size(), "the shares are all objects");
  for (std::size_t i = 0; i < all.size(); ++i) expect(all[i] == i, "each in one of them");
}

// --- Plans.

void expect_in_order(const std::vector<const PlannedObject*>& planned,
                     const std::vector<ObjectInfo>& listed, const std::vector<LedgerMark>& marks) {
  std::size_t next = 0;
  for (std::size_t i = 0; i < listed.size(); ++i) {
    if (marks[i] == LedgerMark::unchanged) continue;
    expect(next < planned.size() && planned[next]->info.uri == listed[i].uri,
           "what is new or changed is planned, in order", listed[i].uri);
    ++next;
  }
  expect(next == planned.size(), "nothing else is planned");
}

MarkedListing make_listing(FuzzedDataProvider& input) {
  MarkedListing listing;
  listing.objects = make_objects(input);
  for (std::size_t i = 0; i < listing.objects.size(); ++i) {
    listing.marks.push_back(
        static_cast<LedgerMark>(input.ConsumeIntegralInRange<std::size_t>(0, 2)));
  }
  return listing;
}

void check_plan(FuzzedDataProvider& input) {
  const MarkedListing songs = make_listing(input);
  const MarkedListing logs = make_listing(input);
  GroupLimits limits;
  limits.song_bytes_max = input.ConsumeIntegralInRange<std::uint64_t>(0, 1 << 21);
  limits.log_bytes_max = input.ConsumeIntegralInRange<std::uint64_t>(0, 1 << 21);
  limits.objects_max = input.ConsumeIntegralInRange<std::size_t>(1, 5);
  const Plan plan = make_plan(songs, logs, limits);
  std::vector<const PlannedObject*> by_kind[2];
  std::int32_t last_no = 0;
  bool has_logs = false;
  for (const Group& group : plan.groups) {
    expect(!group.objects.empty() && group.objects.size() <= limits.objects_max,
           "a group has as many objects as it may");
    has_logs = has_logs || group.kind == DataKind::logs;
    expect(!has_logs || group.kind == DataKind::logs, "songs come before logs");
    std::uint64_t bytes = 0;
    for (const PlannedObject& object : group.objects) {
      expect(object.object_no == ++last_no && object.kind == group.kind, "numbers rise by one");
      bytes += object.info.size_bytes;
      by_kind[has_logs ? 1 : 0].push_back(&object);
    }
    const std::uint64_t bytes_max = has_logs ? limits.log_bytes_max : limits.song_bytes_max;
    expect(group.objects.size() == 1 || bytes <= bytes_max, "a group has as many bytes as it may");
  }
  expect_in_order(by_kind[0], songs.objects, songs.marks);
  expect_in_order(by_kind[1], logs.objects, logs.marks);
  expect(plan.object_count() == last_no, "the counts are those of the groups");
}

// --- CSV, read back as COPY reads it.

/// The fields of the first line; NULL is one NUL byte.
std::vector<std::string> read_csv_line(std::string_view& rest) {
  std::vector<std::string> fields(1);
  while (true) {
    expect(!rest.empty(), "a row ends with a line feed");
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == '\n') return fields;
    if (c == ',') {
      fields.emplace_back();
    } else if (c != '"') {
      fields.back() += c;
    } else {
      while (true) {
        const std::size_t quote = rest.find('"');
        expect(quote != rest.npos, "a quoted text has its end");
        fields.back() += rest.substr(0, quote);
        rest.remove_prefix(quote + 1);
        if (!rest.starts_with('"')) break;
        fields.back() += '"';
        rest.remove_prefix(1);
      }
    }
  }
}

void check_csv(FuzzedDataProvider& input) {
  const TableSchema& schema = unmatched_songplays_schema();
  Batch batch(schema);
  std::vector<std::vector<std::string>> written;
  for (std::size_t i = input.ConsumeIntegralInRange<std::size_t>(1, 4); i > 0; --i) {
    std::vector<std::string> row;
    for (std::size_t column = 0; column < schema.columns.size(); ++column) {
      if (input.ConsumeBool()) {
        batch.add_null(column);
        row.emplace_back(1, '\0');
      } else if (schema.columns[column].type == ColumnType::text) {
        std::string text = input.ConsumeRandomLengthString(20);
        std::erase(text, '\0');
        batch.add_text_copy(column, text);
        row.push_back(text);
      } else {
        const auto number = input.ConsumeIntegralInRange<std::int64_t>(0, 999'999'999'999);
        batch.add_integer(column, number);
        const bool is_decimal = schema.columns[column].type == ColumnType::decimal5;
        row.push_back(is_decimal ? fmt::format("{}.{:05}", number / 100'000, number % 100'000)
                                 : std::to_string(number));
      }
    }
    batch.end_row();
    written.push_back(std::move(row));
  }
  std::string csv;
  redshift::append_csv_rows(batch, csv);
  std::string_view rest = csv;
  for (const auto& row : written) expect(read_csv_line(rest) == row, "a row is as written", csv);
  expect(rest.empty(), "nothing is behind the last row", csv);
}

}  // namespace
}  // namespace sparkify

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  switch (input.ConsumeIntegralInRange<int>(0, 2)) {
    case 0: {
      const auto objects = sparkify::make_objects(input);
      sparkify::check_manifest(objects);
      sparkify::check_shares(objects);
      break;
    }
    case 1:
      sparkify::check_plan(input);
      break;
    default:
      sparkify::check_csv(input);
  }
  return 0;
}
