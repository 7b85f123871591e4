#include "base/byte_size.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace sparkify {
namespace {

TEST(ByteSize, ReadsPlainNumbersAsBytes) {
  EXPECT_EQ(*parse_byte_size("0"), 0U);
  EXPECT_EQ(*parse_byte_size("1073741824"), 1ULL << 30);
  EXPECT_EQ(*parse_byte_size("17B"), 17U);
}

TEST(ByteSize, TellsPowersOf1024FromPowersOf1000) {
  EXPECT_EQ(*parse_byte_size("512MiB"), 512ULL << 20);
  EXPECT_EQ(*parse_byte_size("1GiB"), 1ULL << 30);
  EXPECT_EQ(*parse_byte_size("2GB"), 2'000'000'000U);
  EXPECT_EQ(*parse_byte_size("3KiB"), 3072U);
  EXPECT_EQ(*parse_byte_size("3kB"), 3000U);
  EXPECT_EQ(*parse_byte_size("1TiB"), 1ULL << 40);
  EXPECT_EQ(*parse_byte_size("1TB"), 1'000'000'000'000U);
}

TEST(ByteSize, TakesUnitsInAnyCaseAndAfterABlank) {
  EXPECT_EQ(*parse_byte_size("512mib"), 512ULL << 20);
  EXPECT_EQ(*parse_byte_size("512MIB"), 512ULL << 20);
  EXPECT_EQ(*parse_byte_size("512 MiB"), 512ULL << 20);
}

TEST(ByteSize, TakesFractionsOfUnits) {
  EXPECT_EQ(*parse_byte_size("1.5GiB"), (1ULL << 30) + (1ULL << 29));
  EXPECT_EQ(*parse_byte_size("0.000001GB"), 1000U);
  EXPECT_EQ(*parse_byte_size("0.999999TiB"), 1099510528264U);
}

TEST(ByteSize, RefusesWhatIsNoSizeAndSaysWhatIsAccepted) {
  for (const char* text :
       {"", " ", "GiB", "2G", "2 Gigabytes", "-1GiB", "+1", "1.GiB", ".5GiB", "1.5", "1.5B", "1e9",
        "1,5GiB", "1.0000001GiB", " 1GiB", "1GiB ", "0x10", "max", "1.5.5GiB"}) {
    const auto size = parse_byte_size(text);
    ASSERT_FALSE(size.ok()) << text;
    EXPECT_EQ(size.error().kind, ErrorKind::config) << text;
    EXPECT_NE(size.error().message.find("is no size in bytes"), std::string::npos) << text;
    EXPECT_NE(size.error().message.find("such as 512MiB, 1.5GiB or 1073741824"), std::string::npos);
  }
}

TEST(ByteSize, RefusesWhat64BitsCannotCount) {
  EXPECT_EQ(*parse_byte_size("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  for (const char* text : {"18446744073709551616", "16777216TiB", "16777215.999999999TiB",
                           "99999999999999999999999999GiB"}) {
    EXPECT_FALSE(parse_byte_size(text).ok()) << text;
  }
  EXPECT_TRUE(parse_byte_size("16777215.999999TiB").ok());
}

TEST(ByteSize, ErrorsShowTheTextSafelyAndShortened) {
  const auto size = parse_byte_size("\x1b[31m" + std::string(500, 'x'));
  ASSERT_FALSE(size.ok());
  EXPECT_EQ(size.error().message.find('\x1b'), std::string::npos);
  EXPECT_LT(size.error().message.size(), 300U);
}

TEST(ByteSize, FormatsForPeople) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(1024), "1 KiB");
  EXPECT_EQ(format_bytes(1536), "1.5 KiB");
  EXPECT_EQ(format_bytes(512ULL << 20), "512 MiB");
  EXPECT_EQ(format_bytes((1ULL << 30) + (1ULL << 29)), "1.5 GiB");
  EXPECT_EQ(format_bytes(std::numeric_limits<std::uint64_t>::max()), "16 EiB");
}

TEST(ByteSize, FormatRoundsUpIntoTheNextUnit) {
  EXPECT_EQ(format_bytes((1ULL << 20) - 1), "1 MiB");
  EXPECT_EQ(format_bytes((2ULL << 20) - 1), "2 MiB");
}

TEST(ByteSize, WhatIsFormattedCanBeReadAgain) {
  for (const std::uint64_t size : {5ULL, 1536ULL, 512ULL << 20, 3ULL << 29}) {
    EXPECT_EQ(*parse_byte_size(format_bytes(size)), size);
  }
}

}  // namespace
}  // namespace sparkify
