#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "base/assert.h"
#include "base/handle.h"
#include "base/out_of_memory.h"

namespace sparkify {

namespace {

constexpr std::size_t kSha256Bytes = 32;

using DigestBuffer = std::array<unsigned char, EVP_MAX_MD_SIZE>;

std::string_view as_text(const DigestBuffer& buffer, std::size_t length) {
  return {reinterpret_cast<const char*>(buffer.data()), length};
}

std::string digest_hex(std::string_view text, const EVP_MD* method) {
  DigestBuffer digest{};
  unsigned length = 0;
  const int done = EVP_Digest(text.data(), text.size(), digest.data(), &length, method, nullptr);
  expect_memory(done == 1);  // nothing else can be wrong with it; so below
  return to_hex(as_text(digest, length));
}

void free_context(EVP_MD_CTX** context) { EVP_MD_CTX_free(*context); }

}  // namespace

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  hex.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += kDigits[byte >> 4U];
    hex += kDigits[byte & 15U];
  }
  return hex;
}

std::string sha256_hex(std::string_view text) { return digest_hex(text, EVP_sha256()); }

std::string sha1_hex(std::string_view text) { return digest_hex(text, EVP_sha1()); }

std::string hmac_sha256(std::string_view key, std::string_view text) {
  DigestBuffer digest{};
  unsigned length = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(text.data());
  const auto* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data, text.size(),
                          digest.data(), &length);
  expect_memory(done != nullptr);
  SPARKIFY_ASSERT(length == kSha256Bytes);
  return std::string(as_text(digest, length));
}

struct Md5::Context {
  Context() { expect_memory(static_cast<bool>(digest)); }
  Handle<EVP_MD_CTX*, free_context> digest{EVP_MD_CTX_new()};
};

Md5::Md5() : context_(std::make_unique<Context>()) {
  const int begun = EVP_DigestInit_ex(context_->digest.get(), EVP_md5(), nullptr);
  expect_memory(begun == 1);
}

Md5::~Md5() = default;
Md5::Md5(Md5&&) noexcept = default;
Md5& Md5::operator=(Md5&&) noexcept = default;

void Md5::update(std::string_view bytes) {
  const int done = EVP_DigestUpdate(context_->digest.get(), bytes.data(), bytes.size());
  SPARKIFY_ASSERT(done == 1);
}

std::string Md5::hex() {
  DigestBuffer digest{};
  unsigned length = 0;
  const int done = EVP_DigestFinal_ex(context_->digest.get(), digest.data(), &length);
  SPARKIFY_ASSERT(done == 1);
  return to_hex(as_text(digest, length));
}

}  // namespace sparkify
