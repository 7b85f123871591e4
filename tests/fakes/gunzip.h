#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>

namespace sparkify {

/// The text of exactly one gzip member of at most 64 MiB.
inline std::string gunzip(const std::string& packed) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string text(std::size_t{64} << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  EXPECT_EQ(stream.avail_in, 0U) << "something is behind it";
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return text;
}

}  // namespace sparkify
