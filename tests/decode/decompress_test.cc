#include "decode/decompress.h"

#include <bzlib.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "fakes/memory_stream.h"

namespace sparkify {
namespace {

using ::testing::HasSubstr;

std::string gzip(std::string_view text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd(std::string_view text) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const std::size_t bytes =
      ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size());
  EXPECT_FALSE(ZSTD_isError(bytes));
  ZSTD_freeCCtx(context);
  out.resize(bytes);
  return out;
}

std::string bzip2(std::string_view text) {
  auto bytes = static_cast<unsigned>(text.size() + text.size() / 50 + 1000);
  std::string out(bytes, '\0');
  EXPECT_EQ(BZ2_bzBuffToBuffCompress(out.data(), &bytes, const_cast<char*>(text.data()),
                                     static_cast<unsigned>(text.size()), 1, 0, 0),
            BZ_OK);
  out.resize(bytes);
  return out;
}

struct Format {
  std::string suffix;
  std::function<std::string(std::string_view)> pack;
  std::size_t checksum_from_end;  ///< a byte of the last unit's checksum
};

const std::vector<Format>& formats() {
  static const std::vector<Format> all{{".gz", gzip, 8}, {".zst", zstd, 1}, {".bz2", bzip2, 2}};
  return all;
}

Result<std::string> read_all(ByteStream& stream, std::size_t buffer_bytes) {
  std::string text;
  std::vector<char> buffer(buffer_bytes);
  while (true) {
    TRY_ASSIGN(const std::size_t bytes, stream.read(buffer));
    if (bytes == 0) return text;
    text.append(buffer.data(), bytes);
  }
}

Result<std::string> unpacked(const std::string& name, std::string bytes,
                             std::size_t buffer_bytes = 4096, std::size_t sip_max = 0) {
  auto raw = std::make_unique<MemoryStream>(std::move(bytes));
  raw->in_sips_of(sip_max);
  return read_all(*decompressed(name, std::move(raw)), buffer_bytes);
}

std::string lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "{\"ts\":" + std::to_string(i * 7919) + "}\n";
  return text;
}

TEST(Decompress, ReadsEachFormatByTheSuffixOfTheName) {
  const std::string text = lines(20'000);
  for (const Format& format : formats()) {
    EXPECT_EQ(*unpacked("a.json" + format.suffix, format.pack(text)), text) << format.suffix;
  }
}

TEST(Decompress, LeavesOtherNamesAsTheyAre) {
  for (const std::string name : {"a.json", "a.gz.json", "gz", "a.GZ", ""}) {
    EXPECT_EQ(*unpacked(name, gzip("x")), gzip("x")) << name;
  }
  EXPECT_EQ(*unpacked("a.json", ""), "");
}

TEST(Decompress, ReadsTheTextOfNothing) {
  for (const Format& format : formats()) {
    EXPECT_EQ(*unpacked("a" + format.suffix, format.pack("")), "") << format.suffix;
  }
}

TEST(Decompress, ReadsAllMembersFramesAndStreams) {
  for (const Format& format : formats()) {
    const std::string bytes =
        format.pack(lines(3)) + format.pack("") + format.pack("tail") + format.pack("");
    EXPECT_EQ(*unpacked("a" + format.suffix, bytes), lines(3) + "tail") << format.suffix;
  }
}

TEST(Decompress, TakesTinyReadsOnBothSides) {
  for (const Format& format : formats()) {
    const std::string bytes = format.pack(lines(400)) + format.pack(lines(1));
    for (const std::size_t sip_max : {1, 2, 7}) {
      for (const std::size_t buffer_bytes : {1, 3, 1000}) {
        EXPECT_EQ(*unpacked("a" + format.suffix, bytes, buffer_bytes, sip_max),
                  lines(400) + lines(1))
            << format.suffix;
      }
    }
  }
}

TEST(Decompress, AnEmptyFileIsDamaged) {
  for (const Format& format : formats()) {
    const auto text = unpacked("logs/a" + format.suffix, "");
    ASSERT_FALSE(text.ok()) << format.suffix;
    EXPECT_EQ(text.error().kind, ErrorKind::damaged);
    EXPECT_THAT(text.error().message, HasSubstr("logs/a" + format.suffix));
  }
}

TEST(Decompress, AFileCutAnywhereIsDamaged) {
  for (const Format& format : formats()) {
    const std::string bytes = format.pack(lines(30));
    for (std::size_t kept = 0; kept < bytes.size(); ++kept) {
      for (const std::size_t buffer_bytes : {1, 4096}) {
        const auto text = unpacked("a" + format.suffix, bytes.substr(0, kept), buffer_bytes);
        ASSERT_FALSE(text.ok()) << format.suffix << " cut to " << kept;
        EXPECT_EQ(text.error().kind, ErrorKind::damaged);
      }
    }
  }
}

TEST(Decompress, ASecondPartCutAnywhereIsDamaged) {
  for (const Format& format : formats()) {
    const std::string first = format.pack(lines(2));
    const std::string second = format.pack("more");
    for (std::size_t kept = 1; kept < second.size(); ++kept) {
      const auto text = unpacked("a" + format.suffix, first + second.substr(0, kept));
      ASSERT_FALSE(text.ok()) << format.suffix << " cut to " << kept;
      EXPECT_EQ(text.error().kind, ErrorKind::damaged);
    }
  }
}

TEST(Decompress, AFlippedBitInTheChecksumIsDamage) {
  for (const Format& format : formats()) {
    std::string bytes = format.pack(lines(30));
    char& byte = bytes[bytes.size() - format.checksum_from_end];
    byte = static_cast<char>(byte ^ 0x10);
    const auto text = unpacked("a" + format.suffix, bytes);
    ASSERT_FALSE(text.ok()) << format.suffix;
    EXPECT_EQ(text.error().kind, ErrorKind::damaged);
  }
}

TEST(Decompress, AWrongLengthInAGzipTrailerIsDamage) {
  std::string bytes = gzip(lines(30));
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  EXPECT_EQ(unpacked("a.gz", bytes).error().kind, ErrorKind::damaged);
}

// zstd's own check of the size depends on how much of the file one call sees; found by
// fuzz_decompress.
TEST(Decompress, AZstdFrameThatIsNotAsLongAsItSaysIsDamageHoweverItIsRead) {
  // A frame of 16 bytes, as its head says, whose one block holds none.
  const std::string frame("\x28\xB5\x2F\xFD\x20\x10\x01\x00\x00", 9);
  for (const std::size_t sip : {std::size_t{0}, std::size_t{1}, std::size_t{5}}) {
    auto raw = std::make_unique<MemoryStream>(zstd("{}") + frame);
    raw->in_sips_of(sip);
    const auto text = read_all(*decompressed("a.zst", std::move(raw)), 100);
    ASSERT_FALSE(text.ok()) << "read in sips of " << sip;
    EXPECT_EQ(text.error().kind, ErrorKind::damaged);
  }
}

// zstd takes an empty block that says it is a compressed one, but not where a frame lies before it
// whole; found by fuzzing.
TEST(Decompress, AZstdFrameIsTakenOrNotHoweverItIsRead) {
  const std::string frame("\x28\xb5\x2f\xfd\x20\x00\x05\x00\x00", 9);
  std::set<std::string> outcomes;
  for (const std::size_t sip : {0U, 1U, 2U, 5U, 8U}) {
    auto raw = std::make_unique<MemoryStream>(frame);
    raw->in_sips_of(sip);
    const auto text = read_all(*decompressed("a.zst", std::move(raw)), 100);
    outcomes.insert(text.ok() ? "text: " + *text : text.error().message);
  }
  EXPECT_EQ(outcomes.size(), 1U) << *outcomes.begin() << "\n" << *outcomes.rbegin();
}

// The window of such a frame is 1,024 bytes and no block may be longer, which zstd's call for a
// whole file does not look at; found by fuzzing.
TEST(Decompress, AZstdBlockThatIsLongerThanItsWindowIsDamageHoweverItIsRead) {
  const auto frame_of_block = [](int bytes) {  // so many times the letter a
    const std::string head("\x28\xB5\x2F\xFD\x00\x00", 6);
    const int header = bytes << 3 | 1 << 1 | 1;
    return head + static_cast<char>(header & 0xFF) + static_cast<char>(header >> 8) + '\0' + 'a';
  };
  EXPECT_EQ(*unpacked("a.zst", frame_of_block(1024)), std::string(1024, 'a'));
  for (const std::size_t sip : {0U, 1U, 5U, 8U}) {
    auto raw = std::make_unique<MemoryStream>(frame_of_block(1025));
    raw->in_sips_of(sip);
    const auto text = read_all(*decompressed("a.zst", std::move(raw)), 100);
    ASSERT_FALSE(text.ok()) << "read in sips of " << sip;
    EXPECT_EQ(text.error().kind, ErrorKind::damaged);
  }
}

TEST(Decompress, ASkippableZstdFrameHoldsNoText) {
  const std::string skippable("\x50\x2A\x4D\x18\x03\x00\x00\x00xyz", 11);
  EXPECT_EQ(*unpacked("a.zst", zstd("{}") + skippable + zstd("[]")), "{}[]");
}

TEST(Decompress, AnythingButAnotherPartBehindTheEndIsDamage) {
  for (const Format& format : formats()) {
    for (const std::string& tail : std::vector<std::string>{"\n", "x", std::string(1, '\0'),
                                                            std::string(512, '\0'), "{}\n"}) {
      const auto text = unpacked("a" + format.suffix, format.pack(lines(3)) + tail);
      ASSERT_FALSE(text.ok()) << format.suffix;
      EXPECT_EQ(text.error().kind, ErrorKind::damaged);
    }
  }
}

TEST(Decompress, AnotherFormatThanTheSuffixSaysIsDamage) {
  for (const Format& format : formats()) {
    EXPECT_EQ(unpacked("a" + format.suffix, "{\"ts\":1}\n").error().kind, ErrorKind::damaged);
    for (const Format& other : formats()) {
      if (other.suffix == format.suffix) continue;
      EXPECT_EQ(unpacked("a" + format.suffix, other.pack("x")).error().kind, ErrorKind::damaged);
    }
  }
}

TEST(Decompress, AnErrorOfTheSourceIsPassedOn) {
  for (const Format& format : formats()) {
    const std::string bytes = format.pack(lines(2000));
    for (const std::size_t at : {std::size_t{0}, std::size_t{5}, bytes.size() / 2, bytes.size()}) {
      auto raw = std::make_unique<MemoryStream>(bytes);
      raw->failing_at(at, make_error(ErrorKind::changed, "it changed"));
      const auto text = read_all(*decompressed("a" + format.suffix, std::move(raw)), 4096);
      ASSERT_FALSE(text.ok()) << format.suffix;
      EXPECT_EQ(text.error().kind, ErrorKind::changed);
      EXPECT_EQ(text.error().message, "it changed");
    }
  }
}

TEST(Decompress, ExpectsMoreTextThanBytesOfCompressedFilesOnly) {
  EXPECT_EQ(expected_expansion("a.json"), 1);
  for (const Format& format : formats()) EXPECT_GT(expected_expansion("a" + format.suffix), 1);
}

}  // namespace
}  // namespace sparkify
