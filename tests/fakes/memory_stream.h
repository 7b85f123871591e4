#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/byte_stream.h"

namespace sparkify {

/// A ByteStream over bytes in memory that can be slow, and can fail before its end.
class MemoryStream : public ByteStream {
 public:
  explicit MemoryStream(std::string bytes) : bytes_(std::move(bytes)) {}

  /// Gives 1, 2, ... `most`, 1, 2, ... bytes a read.
  MemoryStream& in_sips_of(std::size_t most) {
    sip_max_ = most;
    return *this;
  }
  /// Every read behind byte `at` fails with `error`.
  MemoryStream& failing_at(std::size_t at, Error error) {
    bytes_.resize(std::min(bytes_.size(), at));
    error_ = std::move(error);
    return *this;
  }

  Result<std::size_t> read(std::span<char> buffer) override {
    if (at_ == bytes_.size()) {
      if (error_) return *error_;
      return std::size_t{0};
    }
    std::size_t bytes = std::min(buffer.size(), bytes_.size() - at_);
    if (sip_max_ > 0) {
      bytes = std::min(bytes, sip_);
      sip_ = sip_ == sip_max_ ? 1 : sip_ + 1;
    }
    std::memcpy(buffer.data(), bytes_.data() + at_, bytes);
    at_ += bytes;
    return bytes;
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
  std::size_t sip_max_ = 0;
  std::size_t sip_ = 1;
  std::optional<Error> error_;
};

}  // namespace sparkify
