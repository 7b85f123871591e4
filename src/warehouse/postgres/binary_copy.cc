#include "warehouse/postgres/binary_copy.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "base/assert.h"

namespace sparkify::postgres {

// Signature, no flags, no extension.
constinit const std::string_view kCopyHeader(
    "PGCOPY\n\377\r\n\0"
    "\0\0\0\0"
    "\0\0\0\0",
    19);
constinit const std::string_view kCopyTrailer("\377\377", 2);

namespace {

static_assert(std::endian::native == std::endian::little, "Writer swaps the bytes of every number");

constexpr std::uint32_t kNullLength = 0xFFFFFFFF;
constexpr std::int64_t kMicrosTo2000 = 946'684'800'000'000;

// numeric: a header, then digits to the base 10000. Of an int64 with 5 decimal digits behind the
// point, 4 digits stand before the point and 2 behind it.
constexpr std::uint32_t kNumericBase = 10'000;
constexpr std::uint64_t kDecimalOne = 100'000;
constexpr std::uint16_t kDecimalScale = 5;
constexpr std::uint16_t kNumericNegative = 0x4000;
constexpr std::size_t kNumericHeaderBytes = 8;
constexpr std::size_t kWholeDigits = 4;
constexpr std::size_t kDigitsMax = kWholeDigits + 2;

constexpr std::size_t kRowHeaderBytes = sizeof(std::uint16_t);
constexpr std::size_t kLengthBytes = sizeof(std::uint32_t);

/// Writes numbers in network order and bytes, one after another. The memory must be large enough.
class Writer {
 public:
  explicit Writer(char* at) : at_(at) {}

  const char* at() const { return at_; }
  void put16(std::uint16_t value) { put(__builtin_bswap16(value)); }
  void put32(std::uint32_t value) { put(__builtin_bswap32(value)); }
  void put64(std::uint64_t value) { put(__builtin_bswap64(value)); }
  void put_bytes(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }

 private:
  template <typename T>
  void put(T value) {
    std::memcpy(at_, &value, sizeof value);
    at_ += sizeof value;
  }

  char* at_;
};

/// Where one column's cells are, without the vectors around them.
struct Cells {
  ColumnType type;
  const std::uint8_t* valid;
  const std::int64_t* integers;
  const double* doubles;
  const std::string_view* texts;
};

std::vector<Cells> cells_of(const Batch& batch) {
  std::vector<Cells> all;
  all.reserve(batch.schema()->columns.size());
  for (const ColumnSchema& schema : batch.schema()->columns) {
    const Column& column = batch.column(all.size());
    all.push_back({schema.type, column.valid.data(), column.integers.data(), column.doubles.data(),
                   column.texts.data()});
  }
  return all;
}

/// The most bytes that the cells of one column take.
std::size_t column_bytes_max(const Cells& cells, std::size_t row_count) {
  switch (cells.type) {
    case ColumnType::int32:
      return row_count * (kLengthBytes + sizeof(std::int32_t));
    case ColumnType::int64:
    case ColumnType::float64:
    case ColumnType::timestamp:
      return row_count * (kLengthBytes + sizeof(std::int64_t));
    case ColumnType::decimal5:
      return row_count * (kLengthBytes + kNumericHeaderBytes + kDigitsMax * sizeof(std::uint16_t));
    case ColumnType::text:
      break;
  }
  std::size_t bytes = row_count * kLengthBytes;
  for (std::size_t row = 0; row < row_count; ++row) {
    if (cells.valid[row] != 0) bytes += cells.texts[row].size();
  }
  return bytes;
}

void put_int32(std::int64_t value, Writer& out) {
  SPARKIFY_ASSERT(value == static_cast<std::int32_t>(value));
  out.put32(sizeof(std::int32_t));
  out.put32(static_cast<std::uint32_t>(value));
}

void put_int64(std::int64_t value, Writer& out) {
  out.put32(sizeof value);
  out.put64(static_cast<std::uint64_t>(value));
}

void put_timestamp(std::int64_t micros, Writer& out) {
  // Below that, the difference would wrap around to the far future.
  SPARKIFY_ASSERT(micros >= std::numeric_limits<std::int64_t>::min() + kMicrosTo2000);
  put_int64(micros - kMicrosTo2000, out);
}

void put_decimal5(std::int64_t value, Writer& out) {
  // Negated without a sign: the least int64 has no positive twin.
  const auto bits = static_cast<std::uint64_t>(value);
  const std::uint64_t magnitude = value < 0 ? 0 - bits : bits;
  const auto fraction = static_cast<std::uint32_t>(magnitude % kDecimalOne);
  std::uint64_t whole = magnitude / kDecimalOne;

  // 5 decimal digits behind the point are one digit to the base 10000 and the first quarter of
  // another.
  std::array<std::uint16_t, kDigitsMax> digits;
  digits[kWholeDigits] = static_cast<std::uint16_t>(fraction / 10);
  digits[kWholeDigits + 1] = static_cast<std::uint16_t>(fraction % 10 * 1000);
  for (std::size_t i = kWholeDigits; i-- > 0; whole /= kNumericBase) {
    digits[i] = static_cast<std::uint16_t>(whole % kNumericBase);
  }

  std::size_t begin = 0;
  std::size_t end = kDigitsMax;
  while (begin < end && digits[begin] == 0) ++begin;
  while (end > begin && digits[end - 1] == 0) --end;
  // The power of 10000 that the first digit counts, below zero behind the point. Zero has none.
  const int weight =
      begin == end ? 0 : static_cast<int>(kWholeDigits) - 1 - static_cast<int>(begin);

  const std::size_t digit_count = end - begin;
  out.put32(static_cast<std::uint32_t>(kNumericHeaderBytes + digit_count * sizeof(std::uint16_t)));
  out.put16(static_cast<std::uint16_t>(digit_count));
  out.put16(static_cast<std::uint16_t>(weight));
  out.put16(value < 0 ? kNumericNegative : std::uint16_t{0});
  out.put16(kDecimalScale);
  for (std::size_t i = begin; i < end; ++i) out.put16(digits[i]);
}

void put_text(std::string_view text, Writer& out) {
  SPARKIFY_ASSERT(text.size() <= std::size_t{std::numeric_limits<std::int32_t>::max()});
  out.put32(static_cast<std::uint32_t>(text.size()));
  out.put_bytes(text);
}

void put_cell(const Cells& cells, std::size_t row, Writer& out) {
  if (cells.valid[row] == 0) {
    out.put32(kNullLength);
    return;
  }
  switch (cells.type) {
    case ColumnType::int32:
      return put_int32(cells.integers[row], out);
    case ColumnType::int64:
      return put_int64(cells.integers[row], out);
    case ColumnType::float64:
      return put_int64(std::bit_cast<std::int64_t>(cells.doubles[row]), out);
    case ColumnType::decimal5:
      return put_decimal5(cells.integers[row], out);
    case ColumnType::timestamp:
      return put_timestamp(cells.integers[row], out);
    case ColumnType::text:
      return put_text(cells.texts[row], out);
  }
}

}  // namespace

void append_copy_rows(const Batch& batch, std::string& out) {
  const std::vector<Cells> all = cells_of(batch);
  const std::size_t row_count = batch.row_count();
  std::size_t bytes_max = row_count * kRowHeaderBytes;
  for (const Cells& cells : all) bytes_max += column_bytes_max(cells, row_count);

  const std::size_t begin = out.size();
  out.resize(begin + bytes_max);
  Writer writer(out.data() + begin);
  for (std::size_t row = 0; row < row_count; ++row) {
    writer.put16(static_cast<std::uint16_t>(all.size()));
    for (const Cells& cells : all) put_cell(cells, row, writer);
  }
  const auto size = static_cast<std::size_t>(writer.at() - out.data());
  SPARKIFY_ASSERT(size <= out.size());
  out.resize(size);
}

std::string copy_column_list(const TableSchema& schema) {
  std::string list;
  for (const ColumnSchema& column : schema.columns) {
    if (!list.empty()) list += ", ";
    list += '"';
    list += column.name;
    list += '"';
  }
  return list;
}

}  // namespace sparkify::postgres
