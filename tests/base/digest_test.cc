#include "base/digest.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace sparkify {
namespace {

TEST(Digest, HexIsLowerCaseAndKeepsLeadingZeros) {
  EXPECT_EQ(to_hex(""), "");
  EXPECT_EQ(to_hex(std::string("\x00\x0f\xa0\xff", 4)), "000fa0ff");
}

// Source: FIPS 180-2, appendix B, and its "additional test vectors".
TEST(Digest, Sha256OfTheStandardsExamples) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// Source: FIPS 180-2, appendix A.
TEST(Digest, Sha1OfTheStandardsExamples) {
  EXPECT_EQ(sha1_hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(sha1_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}

// Source: RFC 4231, test cases 1, 2, 3 and 6 (a key longer than SHA-256's block).
TEST(Digest, HmacOfTheStandardsExamples) {
  EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\xaa'), std::string(50, '\xdd'))),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'),
                               "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

std::string md5_of(std::string_view text) {
  Md5 md5;
  md5.update(text);
  return md5.hex();
}

// Source: RFC 1321, A.5.
TEST(Digest, Md5OfTheStandardsExamples) {
  EXPECT_EQ(md5_of(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(md5_of("a"), "0cc175b9c0f1b6a831c399e269772661");
  EXPECT_EQ(md5_of("abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(md5_of("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(
      md5_of("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
      "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(Digest, Md5DoesNotDependOnThePieces) {
  const std::string text(1000, 'x');
  for (const std::size_t size : {1U, 7U, 63U, 64U, 65U, 999U}) {
    Md5 md5;
    for (std::size_t at = 0; at < text.size(); at += size) md5.update(text.substr(at, size));
    EXPECT_EQ(md5.hex(), md5_of(text)) << size;
  }
}

TEST(Digest, Md5OfNothingIsThatOfTheEmptyText) { EXPECT_EQ(Md5().hex(), md5_of("")); }

TEST(Digest, AnMd5CanBeMovedHalfway) {
  Md5 first;
  first.update("message ");
  Md5 second = std::move(first);
  second.update("digest");
  EXPECT_EQ(second.hex(), md5_of("message digest"));
}

}  // namespace
}  // namespace sparkify
