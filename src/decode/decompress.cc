#include "decode/decompress.h"

#include <bzlib.h>
#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/assert.h"
#include "base/out_of_memory.h"
#include "base/utf8.h"

namespace sparkify {

namespace {

constexpr std::size_t kInputBytes = 128 * 1024;
// zlib and bzip2 count in 32 bits; a caller's buffer may be larger.
constexpr std::size_t kOutputBytesMax = 1024 * 1024 * 1024;

/// What one call of a codec did.
struct CodecStep {
  std::size_t consumed = 0;
  std::size_t produced = 0;
  bool unit_ended = false;  ///< a gzip member, a zstd frame, a bzip2 stream is complete
  const char* fault = nullptr;
};

/// One compression format, unit by unit. `begin` starts a unit, `step` goes on with it.
class Codec {
 public:
  virtual ~Codec() = default;
  virtual void begin() = 0;
  virtual CodecStep step(std::span<const char> in, std::span<char> out) = 0;
};

class GzipCodec : public Codec {
 public:
  ~GzipCodec() override { close(); }
  void begin() override {
    close();
    stream_ = z_stream{};
    constexpr int kGzipOnly = 16;  // refuse zlib and raw deflate
    open_ = inflateInit2(&stream_, MAX_WBITS + kGzipOnly) == Z_OK;
    expect_memory(open_);
  }
  CodecStep step(std::span<const char> in, std::span<char> out) override {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    const int status = inflate(&stream_, Z_NO_FLUSH);
    expect_memory(status != Z_MEM_ERROR);
    CodecStep step{in.size() - stream_.avail_in, out.size() - stream_.avail_out,
                   status == Z_STREAM_END, nullptr};
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
      step.fault = stream_.msg != nullptr ? stream_.msg : "not gzip";
    }
    return step;
  }

 private:
  void close() {
    if (open_) inflateEnd(&stream_);
    open_ = false;
  }
  z_stream stream_{};
  bool open_ = false;
};

class Bzip2Codec : public Codec {
 public:
  ~Bzip2Codec() override { close(); }
  void begin() override {
    close();
    stream_ = bz_stream{};
    open_ = BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK;
    expect_memory(open_);
  }
  CodecStep step(std::span<const char> in, std::span<char> out) override {
    stream_.next_in = const_cast<char*>(in.data());
    stream_.avail_in = static_cast<unsigned>(in.size());
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<unsigned>(out.size());
    const int status = BZ2_bzDecompress(&stream_);
    expect_memory(status != BZ_MEM_ERROR);
    CodecStep step{in.size() - stream_.avail_in, out.size() - stream_.avail_out,
                   status == BZ_STREAM_END, nullptr};
    if (status == BZ_DATA_ERROR_MAGIC) {
      step.fault = "not bzip2";
    } else if (status != BZ_OK && status != BZ_STREAM_END) {
      step.fault = "wrong checksum or broken block";
    }
    return step;
  }

 private:
  void close() {
    if (open_) BZ2_bzDecompressEnd(&stream_);
    open_ = false;
  }
  bz_stream stream_{};
  bool open_ = false;
};

class ZstdCodec : public Codec {
 public:
  ~ZstdCodec() override { ZSTD_freeDCtx(context_); }
  void begin() override {
    head_.clear();
    text_bytes_ = 0;
    if (context_ == nullptr) context_ = ZSTD_createDCtx();
    expect_memory(context_ != nullptr);
    SPARKIFY_ASSERT(!ZSTD_isError(ZSTD_DCtx_reset(context_, ZSTD_reset_session_only)));
  }
  CodecStep step(std::span<const char> in, std::span<char> out) override {
    // A frame that lies before it whole zstd reads in another way, which takes less of what is not
    // quite right; so that no file depends on how it came, the first bytes go in alone.
    const std::size_t size = head_.empty() ? std::min(in.size(), kFirstBytes) : in.size();
    ZSTD_inBuffer input{in.data(), size, 0};
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    const std::size_t status = ZSTD_decompressStream(context_, &output, &input);
    expect_memory(ZSTD_getErrorCode(status) != ZSTD_error_memory_allocation);
    CodecStep step{input.pos, output.pos, status == 0, nullptr};
    head_.append(in.data(), std::min(input.pos, kHeadBytesMax - head_.size()));
    text_bytes_ += output.pos;
    if (ZSTD_isError(status)) {
      step.fault = ZSTD_getErrorName(status);
    } else if (step.unit_ended && !has_its_size()) {
      step.fault = "its text is not as long as it says";
    }
    return step;
  }

 private:
  static constexpr std::size_t kFirstBytes = 4;
  static constexpr std::size_t kHeadBytesMax = 18;  // ZSTD_FRAMEHEADERSIZE_MAX

  /// zstd itself does not look at the size where a frame ends with an empty block.
  bool has_its_size() const {
    const unsigned long long told = ZSTD_getFrameContentSize(head_.data(), head_.size());
    return told == ZSTD_CONTENTSIZE_UNKNOWN || told == text_bytes_;
  }

  ZSTD_DCtx* context_ = nullptr;
  std::string head_;  ///< the frame's first bytes
  std::uint64_t text_bytes_ = 0;
};

/// A compressed stream's text: units one after another until the input ends between two of them.
class DecompressedStream : public ByteStream {
 public:
  DecompressedStream(std::string name, std::unique_ptr<ByteStream> raw,
                     std::unique_ptr<Codec> codec)
      : name_(std::move(name)), raw_(std::move(raw)), codec_(std::move(codec)) {}

  Result<std::size_t> read(std::span<char> buffer) override {
    buffer = buffer.first(std::min(buffer.size(), kOutputBytesMax));
    while (true) {
      if (begin_ == end_ && !raw_ended_) TRY(fill());
      const bool empty = begin_ == end_;
      if (!in_unit_) {
        if (empty && units_ > 0) return std::size_t{0};
        if (empty) return damaged("it is empty");
        codec_->begin();
        in_unit_ = true;
      }
      const CodecStep step = codec_->step(std::span(input_).subspan(begin_, end_ - begin_), buffer);
      if (step.fault != nullptr) {
        return damaged(units_ == 0 ? step.fault
                                   : fmt::format("{} behind its part {}", step.fault, units_));
      }
      begin_ += step.consumed;
      if (step.unit_ended) {
        in_unit_ = false;
        ++units_;
      }
      if (step.produced > 0) return step.produced;
      if (!step.unit_ended && raw_ended_ && begin_ == end_) return damaged("it is cut");
    }
  }

 private:
  Status fill() {
    input_.resize(kInputBytes);
    TRY_ASSIGN(const std::size_t bytes, raw_->read(input_));
    begin_ = 0;
    end_ = bytes;
    raw_ended_ = bytes == 0;
    return {};
  }
  Error damaged(std::string_view why) const {
    return make_error(ErrorKind::damaged,
                      fmt::format("{}: the compressed file is damaged ({}); nothing of it was "
                                  "loaded. Fetch or write it again",
                                  printable(name_), why));
  }

  std::string name_;
  std::unique_ptr<ByteStream> raw_;
  std::unique_ptr<Codec> codec_;
  std::vector<char> input_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool raw_ended_ = false;
  bool in_unit_ = false;
  std::size_t units_ = 0;
};

}  // namespace

double expected_expansion(std::string_view name) {
  // Measured on generated logs: gzip 11, zstd 14, bzip2 18.
  if (name.ends_with(".gz")) return 11;
  if (name.ends_with(".zst")) return 14;
  if (name.ends_with(".bz2")) return 18;
  return 1;
}

std::unique_ptr<ByteStream> decompressed(std::string_view name, std::unique_ptr<ByteStream> raw) {
  std::unique_ptr<Codec> codec;
  if (name.ends_with(".gz")) {
    codec = std::make_unique<GzipCodec>();
  } else if (name.ends_with(".zst")) {
    codec = std::make_unique<ZstdCodec>();
  } else if (name.ends_with(".bz2")) {
    codec = std::make_unique<Bzip2Codec>();
  } else {
    return raw;
  }
  return std::make_unique<DecompressedStream>(std::string(name), std::move(raw), std::move(codec));
}

}  // namespace sparkify
