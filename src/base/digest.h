#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace sparkify {

/// Lower-case hexadecimal digits of the bytes.
std::string to_hex(std::string_view bytes);

std::string sha256_hex(std::string_view text);

/// For names that others made so; proves nothing.
std::string sha1_hex(std::string_view text);

/// 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view text);

/// MD5 of bytes that come piece by piece; S3's ETag of an object that was put in one go.
class Md5 {
 public:
  Md5();
  ~Md5();
  Md5(Md5&&) noexcept;
  Md5& operator=(Md5&&) noexcept;

  void update(std::string_view bytes);
  /// Of all bytes so far. Call it once.
  std::string hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace sparkify
