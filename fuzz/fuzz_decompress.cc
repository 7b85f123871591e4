// Decompression: reads of every size give the same, what the libraries take by themselves is taken
// and nothing else, and a cut or longer file is always damaged.

#include <bzlib.h>
#include <fuzzer/FuzzedDataProvider.h>
#include <zlib.h>
#include <zstd.h>

#include <array>
#include <optional>
#include <string>

#include "base/gzip.h"
#include "decode/decompress.h"
#include "expect.h"
#include "fakes/memory_stream.h"

namespace sparkify {
namespace {

using fuzz::expect;

constexpr std::size_t kTextBytesMax = std::size_t{1} << 16;
constexpr std::array<const char*, 3> kNames = {"a.json.gz", "a.json.zst", "a.json.bz2"};
enum Codec : std::size_t { kGzip, kZstd, kBzip2 };

/// What came of a file: its text, or nothing if it is damaged.
struct Read {
  std::optional<std::string> text;
  bool is_too_long = false;
};

Read read_all(Codec codec, const std::string& stored, std::size_t sip, std::size_t buffer_bytes) {
  auto raw = std::make_unique<MemoryStream>(stored);
  raw->in_sips_of(sip);
  const auto stream = decompressed(kNames[codec], std::move(raw));
  std::string buffer(buffer_bytes, '\0');
  std::string text;
  while (text.size() <= kTextBytesMax) {
    const auto bytes = stream->read(buffer);
    if (!bytes.ok()) {
      expect(bytes.error().kind == ErrorKind::damaged, "what is not whole is damaged",
             bytes.error().message);
      return {};
    }
    if (*bytes == 0) return {text, false};
    text.append(buffer, 0, *bytes);
  }
  return {std::nullopt, true};
}

// --- The same by the libraries alone; nothing, if they do not take all of it.

std::optional<std::string> gunzip_at_once(const std::string& stored) {
  std::string text;
  std::size_t at = 0;
  while (at < stored.size()) {
    constexpr int kGzipOnly = 15 + 16;
    z_stream stream{};
    if (inflateInit2(&stream, kGzipOnly) != Z_OK) std::abort();
    std::string member(kTextBytesMax + 1, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(stored.data() + at));
    stream.avail_in = static_cast<uInt>(stored.size() - at);
    stream.next_out = reinterpret_cast<Bytef*>(member.data());
    stream.avail_out = static_cast<uInt>(member.size());
    const int end = inflate(&stream, Z_FINISH);
    text.append(member, 0, stream.total_out);
    at += stream.total_in;
    inflateEnd(&stream);
    if (end != Z_STREAM_END) return std::nullopt;
  }
  return text;
}

std::optional<std::string> unzstd_at_once(const std::string& stored) {
  std::string text(kTextBytesMax + 1, '\0');
  const std::size_t bytes = ZSTD_decompress(text.data(), text.size(), stored.data(), stored.size());
  if (ZSTD_isError(bytes) != 0) return std::nullopt;
  text.resize(bytes);
  return text;
}

/// zstd's stream, a byte at a time. Its one call takes blocks longer than the frame's window
/// allows, and refuses an empty block that says it is a compressed one: of the two, files are read
/// by the stream.
std::optional<std::string> unzstd_by_bytes(const std::string& stored) {
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(),
                                                                     ZSTD_freeDCtx);
  std::string text;
  std::size_t frame_at = 0;
  std::size_t frame_text_at = 0;
  std::string part(kTextBytesMax + 1, '\0');
  ZSTD_inBuffer input{stored.data(), 0, 0};
  while (input.pos < stored.size()) {
    input.size = std::min(input.pos + 1, stored.size());
    ZSTD_outBuffer output{part.data(), part.size(), 0};
    const std::size_t status = ZSTD_decompressStream(context.get(), &output, &input);
    if (ZSTD_isError(status) != 0) return std::nullopt;
    text.append(part, 0, output.pos);
    if (status != 0) continue;
    const unsigned long long told =
        ZSTD_getFrameContentSize(stored.data() + frame_at, stored.size() - frame_at);
    if (told != ZSTD_CONTENTSIZE_UNKNOWN && told != text.size() - frame_text_at) {
      return std::nullopt;
    }
    frame_at = input.pos;
    frame_text_at = text.size();
  }
  if (frame_at != stored.size()) return std::nullopt;
  return text;
}

std::optional<std::string> bunzip2_at_once(const std::string& stored) {
  std::string text;
  std::size_t at = 0;
  while (at < stored.size()) {
    bz_stream stream{};
    if (BZ2_bzDecompressInit(&stream, 0, 0) != BZ_OK) std::abort();
    std::string part(kTextBytesMax + 1, '\0');
    stream.next_in = const_cast<char*>(stored.data() + at);
    stream.avail_in = static_cast<unsigned>(stored.size() - at);
    stream.next_out = part.data();
    stream.avail_out = static_cast<unsigned>(part.size());
    const int end = BZ2_bzDecompress(&stream);
    text.append(part, 0, stream.total_out_lo32);
    at += stream.total_in_lo32;
    BZ2_bzDecompressEnd(&stream);
    if (end != BZ_STREAM_END) return std::nullopt;
  }
  return text;
}

std::optional<std::string> at_once(Codec codec, const std::string& stored) {
  if (stored.empty()) return std::nullopt;
  switch (codec) {
    case kGzip:
      return gunzip_at_once(stored);
    case kZstd:
      return unzstd_by_bytes(stored);
    case kBzip2:
      break;
  }
  return bunzip2_at_once(stored);
}

std::string compressed(Codec codec, const std::string& text) {
  if (codec == kGzip) return gzip(text);
  std::string stored(text.size() + text.size() / 50 + 1024, '\0');
  if (codec == kZstd) {
    stored.resize(ZSTD_compress(stored.data(), stored.size(), text.data(), text.size(), 1));
    return stored;
  }
  auto length = static_cast<unsigned>(stored.size());
  expect(BZ2_bzBuffToBuffCompress(stored.data(), &length, const_cast<char*>(text.data()),
                                  static_cast<unsigned>(text.size()), 1, 0, 0) == BZ_OK,
         "bzip2 compresses");
  stored.resize(length);
  return stored;
}

/// Any bytes as a compressed file.
void check_bytes(Codec codec, const std::string& stored, std::size_t sip, std::size_t buffer) {
  const Read read = read_all(codec, stored, sip, buffer);
  const Read again = read_all(codec, stored, 0, 1 << 16);
  if (read.is_too_long || again.is_too_long) return;
  expect(read.text == again.text, "the size of reads does not show");
  const auto direct = at_once(codec, stored);
  expect(read.text.has_value() == direct.has_value(), "taken by both or by neither");
  expect(read.text == direct, "the same text");
  if (codec != kZstd || !read.text) return;
  const auto in_one_call = unzstd_at_once(stored);
  if (in_one_call) expect(read.text == in_one_call, "the same text as in one call");
}

/// A sound file, then cut at a byte, then with a byte behind it.
void check_file(Codec codec, const std::string& text, std::size_t sip, std::size_t cut) {
  const std::string stored = compressed(codec, text);
  const Read read = read_all(codec, stored, sip, 997);
  expect(read.text == text, "what was compressed comes back");
  const Read part = read_all(codec, stored.substr(0, cut % stored.size()), sip, 997);
  expect(!part.text, "a cut file is damaged");
  const Read twice = read_all(codec, stored + stored, sip, 997);
  expect(twice.text == text + text, "two members are both read");
  const Read longer = read_all(codec, stored + "x", sip, 997);
  expect(!longer.text, "a file with something behind it is damaged");
}

}  // namespace
}  // namespace sparkify

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider input(data, size);
  const auto codec = static_cast<sparkify::Codec>(input.ConsumeIntegralInRange<std::size_t>(0, 2));
  const bool is_text = input.ConsumeBool();
  const auto sip = input.ConsumeIntegralInRange<std::size_t>(1, 64);
  const auto number = input.ConsumeIntegral<std::uint16_t>();
  const std::string bytes = input.ConsumeRemainingBytesAsString();
  if (is_text) {
    sparkify::check_file(codec, bytes, sip, number);
  } else {
    sparkify::check_bytes(codec, bytes, sip, std::size_t{1} + number % 4096);
  }
  return 0;
}
