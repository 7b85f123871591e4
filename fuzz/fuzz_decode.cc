// The JSON decoder: blocks of every size give the same, the fast reader never accepts what the
// strict one refuses, and nlohmann's parser sees the same values in the same records.

#include <fuzzer/FuzzedDataProvider.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "decode/decoding.h"
#include "decode/json_text.h"
#include "decode/strict_reader.h"
#include "expect.h"
#include "json_records.h"
#include "json_value.h"

namespace sparkify {
namespace {

using decoding::Decoded;
using decoding::NamedRow;
using fuzz::expect;
using fuzz::expect_equal;
using fuzz::SeenObject;
using fuzz::SeenValue;

constexpr std::size_t kRecordBytesMax = std::size_t{1} << 20;
constexpr std::string_view kReplacement = "\uFFFD";

// --- The two readers, at every place where an object may begin.

std::string shown(const RawRecord& record) {
  std::string text;
  for (const RawValue& value : record.values) {
    text += fmt::format("{} {} {}\n", static_cast<int>(value.kind), value.has_escape, value.token);
  }
  for (const UnknownKey& key : record.unknown_keys) text += fmt::format("<{}>\n", key.token);
  return text;
}

bool has_bad_escape(const RawRecord& record) {
  for (const RawValue& value : record.values) {
    if (value.has_escape && !unescaped(value.token)) return true;
  }
  return false;
}

void compare_readers(DataKind kind, std::string_view text) {
  const std::string memory = std::string(text) + std::string(FastReader::kPaddingBytes, '}');
  const std::string_view indexed = std::string_view(memory).substr(0, text.size());
  static FastReader fast;
  const KeyIndex keys(kind);
  if (!fast.index(indexed)) return;
  std::size_t at = indexed.find('{');
  while (at != indexed.npos) {
    RawRecord quick;
    const std::size_t end = fast.read_record(at, keys, quick);
    // Escapes in known texts are checked when they are resolved.
    if (end != 0 && !has_bad_escape(quick)) {
      RawRecord exact;
      StrictReader strict(indexed, true, keys);
      const ReadEnd strict_end = strict.read_record(at, exact);
      expect(strict_end.kind == ReadEnd::Kind::complete && strict_end.at == end,
             "what the fast reader accepts, the strict one does", indexed.substr(at));
      expect(!exact.has_lone_surrogate(), "the fast reader accepts no lone surrogate");
      expect_equal(shown(quick), shown(exact), "both readers see the same record");
    }
    at = indexed.find('{', std::max(at + 1, end));
  }
}

// --- The second parser.

bool is_whole_text(const std::string& raw_text) {
  return raw_text.size() < kRawTextBytesMax && raw_text.find(kReplacement) == raw_text.npos;
}

/// What was rejected for a value is well-formed; what was rejected as JSON is not.
void compare_reject(const Reject& reject, bool is_stream) {
  if (!is_whole_text(reject.raw_text)) return;
  const SeenObject seen = fuzz::see(reject.raw_text);
  const bool is_good = seen.is_well_formed && seen.is_object;
  if (reject.reason == RejectReason::bad_json) {
    expect(!is_stream || !is_good || seen.depth > kJsonDepthMax,
           "no object that another parser takes is bad JSON", reject.raw_text);
  } else if (reject.reason != RejectReason::bad_utf8) {
    expect(is_good || seen.has_huge_number, "an object of bad values is well-formed for others too",
           reject.raw_text);
  }
}

bool is_same_integer(const SeenValue& seen, std::int64_t value) {
  switch (seen.kind) {
    case SeenValue::Kind::integer:
      return seen.integer == value;
    case SeenValue::Kind::real:  // 5.0
      return std::strtold(seen.text.c_str(), nullptr) == static_cast<long double>(value);
    case SeenValue::Kind::text:
      return std::strtoll(seen.text.c_str(), nullptr, 10) == value;
    default:
      return false;
  }
}

long double number_of(const SeenValue& seen) {
  if (seen.kind == SeenValue::Kind::integer) return static_cast<long double>(seen.integer);
  return std::strtold(seen.text.c_str(), nullptr);
}

bool is_same_cell(const ColumnSchema& column, const SeenValue& seen, const std::string& cell) {
  constexpr long double kUnitsInOne = 100'000;
  constexpr std::int64_t kMicrosInMilli = 1000;
  switch (column.type) {
    case ColumnType::text:
      return seen.kind == SeenValue::Kind::text && seen.text == cell;
    case ColumnType::decimal5:
      return std::fabs(number_of(seen) * kUnitsInOne - std::strtold(cell.c_str(), nullptr)) <=
             0.5000001L;
    case ColumnType::float64:
      return std::strtod(cell.c_str(), nullptr) == (seen.kind == SeenValue::Kind::integer
                                                        ? static_cast<double>(seen.integer)
                                                        : seen.real);
    case ColumnType::timestamp:
      return is_same_integer(seen, std::stoll(cell) / kMicrosInMilli);
    default:
      return is_same_integer(seen, std::stoll(cell));
  }
}

/// Every cell of the row against the value of its key.
void compare_row(DataKind kind, const NamedRow& row, const SeenObject& seen,
                 std::string_view text) {
  for (const ColumnSchema& column : staging_schema(kind).columns) {
    if (column.json_key.empty()) continue;
    const auto value = seen.fields.find(std::string(column.json_key));
    const auto cell = row.find(column.name);
    const bool is_given =
        value != seen.fields.end() && value->second.kind != SeenValue::Kind::null &&
        !(column.name == "user_id" && value->second.kind == SeenValue::Kind::text &&
          value->second.text.empty());
    expect(is_given == (cell != row.end()), "a cell is null where the key has no value", text);
    if (!is_given) continue;
    expect(is_same_cell(column, value->second, cell->second),
           "a cell holds what another parser reads: " + std::string(column.name), text);
  }
}

/// A text that another parser takes to its end has just its records, none of them bad JSON but what
/// is no object.
void compare_count(const Decoded& decoded, std::string_view text) {
  const auto seen = fuzz::see_records(text);
  if (!seen || seen->depth > kJsonDepthMax) return;
  expect_equal(std::to_string(decoded.records), std::to_string(seen->count),
               "as many records as another parser finds");
  const auto bad =
      std::count_if(decoded.rejects.begin(), decoded.rejects.end(),
                    [](const Reject& reject) { return reject.reason == RejectReason::bad_json; });
  expect_equal(std::to_string(bad), std::to_string(seen->not_objects),
               "as much bad JSON as another parser finds");
}

/// One text as a block of its own, so that every row's place is known.
void compare_rows(DataKind kind, std::string_view text) {
  const std::string memory = std::string(text) + std::string(FastReader::kPaddingBytes, ' ');
  BlockDecoder decoder(kind);
  decoder.trace_places(true);
  Batch batch(staging_schema(kind));
  DriftCounts drift;
  Block block;
  block.text = std::string_view(memory).substr(0, text.size());
  block.is_first = block.is_last = true;
  const BlockOutcome outcome = decoder.decode(block, 1, batch, drift);
  expect(outcome.places.size() == batch.row_count(), "every row has a place");
  std::vector<NamedRow> rows;
  decoding::add_rows(batch, rows);
  std::size_t last_end = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const RecordPlace& place = outcome.places[i];
    expect(place.begin >= last_end && place.end > place.begin, "no byte is of two rows");
    last_end = place.end;
    const std::string_view record = block.text.substr(place.begin, place.end - place.begin);
    const SeenObject seen = fuzz::see(record);
    if (seen.has_huge_number) continue;
    expect(seen.is_well_formed && seen.is_object, "a row's record is an object for others too",
           record);
    compare_row(kind, rows[i], seen, record);
  }
}

void expect_sound(const Decoded& decoded, std::string_view text) {
  const auto count = static_cast<std::int64_t>(decoded.rows.size() + decoded.rejects.size());
  expect(decoded.records == count, "records = rows + rejects");
  std::int64_t last_no = 0;
  std::int64_t last_offset = -1;
  for (const Reject& reject : decoded.rejects) {
    expect(reject.record_no > last_no && reject.byte_offset >= last_offset, "rejects are in order");
    expect(is_utf8(reject.raw_text), "a reject's text is UTF-8");
    const auto offset = static_cast<std::size_t>(reject.byte_offset);
    expect(offset <= text.size(), "a reject is inside of its object");
    const auto newlines = std::count(text.begin(), text.begin() + reject.byte_offset, '\n');
    expect(reject.line == newlines + 1, "a reject's line is that of its byte");
    last_no = reject.record_no;
    last_offset = reject.byte_offset;
  }
}

bool is_stream(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first == text.npos || text[first] != '[';
}

void check(DataKind kind, std::size_t block_bytes, std::string_view text) {
  decoding::How whole;
  whole.record_bytes_max = kRecordBytesMax;
  whole.block_bytes = text.size() + 16;  // one block
  const auto all = decoding::decode(kind, std::make_unique<MemoryStream>(std::string(text)), whole);
  expect(all.ok(), "a small text is decoded");
  expect_sound(*all, text);
  decoding::How small = whole;
  small.block_bytes = block_bytes;
  const auto parts =
      decoding::decode(kind, std::make_unique<MemoryStream>(std::string(text)), small);
  expect(parts.ok(), "a small text is decoded in blocks");
  expect_equal(shown(*all, kind), shown(*parts, kind), "blocks do not show");
  for (const Reject& reject : all->rejects) compare_reject(reject, is_stream(text));
  compare_count(*all, text);
  compare_rows(kind, text);
  compare_readers(kind, text);
}

}  // namespace
}  // namespace sparkify

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Choices are taken from the end, so that a seed is a text with two digits behind it.
  FuzzedDataProvider input(data, size);
  const auto kind = input.ConsumeBool() ? sparkify::DataKind::logs : sparkify::DataKind::songs;
  const auto block_bytes = input.ConsumeIntegralInRange<std::size_t>(16, 271);
  const std::string text = input.ConsumeRemainingBytesAsString();
  sparkify::check(kind, block_bytes, text);
  return 0;
}
