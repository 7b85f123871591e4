#include "base/percent_encoding.h"

#include <gtest/gtest.h>

#include <string>

namespace sparkify {
namespace {

// RFC 3986, 2.3.
constexpr std::string_view kUnreserved =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

TEST(PercentEncoding, UnreservedCharactersStay) {
  EXPECT_EQ(percent_encode(kUnreserved), kUnreserved);
}

TEST(PercentEncoding, AllOtherBytesBecomeTwoUpperCaseDigits) {
  std::string others;
  std::string expected;
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (kUnreserved.find(c) != kUnreserved.npos) continue;
    others += c;
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    expected += {'%', kDigits[static_cast<std::size_t>(byte / 16)],
                 kDigits[static_cast<std::size_t>(byte % 16)]};
  }
  EXPECT_EQ(others.size(), 256 - kUnreserved.size());
  EXPECT_EQ(percent_encode(others), expected);
}

TEST(PercentEncoding, ASlashStaysWhenItIsAskedFor) {
  EXPECT_EQ(percent_encode("/a b//c/"), "%2Fa%20b%2F%2Fc%2F");
  EXPECT_EQ(percent_encode("/a b//c/", true), "/a%20b//c/");
}

TEST(PercentEncoding, WhatLooksEncodedIsEncodedAgain) {
  EXPECT_EQ(percent_encode("100%25"), "100%2525");
}

TEST(PercentDecoding, TakesDigitsOfAnyCaseAndLeavesTheRest) {
  EXPECT_EQ(percent_decode("%C3%b6+%2f~"), "\u00F6+/~");
  EXPECT_EQ(percent_decode(""), "");
  EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
}

TEST(PercentDecoding, DecodesOnce) { EXPECT_EQ(percent_decode("%2541"), "%41"); }

TEST(PercentDecoding, APercentSignWithoutTwoDigitsIsRefused) {
  for (const char* text : {"%", "a%", "%4", "a%4", "%g0", "%0g", "%%41", "% 4", "%-1"}) {
    EXPECT_EQ(percent_decode(text), std::nullopt) << text;
  }
}

TEST(PercentDecoding, GivesBackWhatWasEncoded) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_decode(percent_encode(all, true)), all);
}

}  // namespace
}  // namespace sparkify
