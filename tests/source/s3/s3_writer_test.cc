#include "source/s3/s3_writer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "fakes/fake_s3.h"

namespace sparkify {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

bool comes_true(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

class S3WriterTest : public ::testing::Test {
 protected:
  S3Writer writer(UploadLimits limits = {}, const std::string& folder = "out") {
    return {s3_.client(), {"bucket", folder}, limits};
  }
  void given_refusal_of(const std::string& key) {
    s3_.first = [key](const ServedRequest& request) -> std::optional<ServedResponse> {
      if (key_of(request) == key) return s3_error(403, "AccessDenied");
      return {};
    };
  }
  std::size_t request_count() const { return s3_.server().request_count(); }

  FakeS3 s3_;
};

TEST_F(S3WriterTest, PutsWholeObjectsBelowItsFolder) {
  S3Writer out = writer();
  ASSERT_TRUE(out.write("2018/11/a b.json", std::string("a\0b\n", 4)).ok());
  ASSERT_TRUE(out.write("empty.json", "").ok());
  ASSERT_TRUE(out.finish().ok());
  EXPECT_EQ(s3_.bytes_of("out/2018/11/a b.json"), std::string("a\0b\n", 4));
  EXPECT_EQ(s3_.bytes_of("out/empty.json"), "");
}

TEST_F(S3WriterTest, TheFolderMayEndInASlashOrBeTheBucket) {
  S3Writer slash = writer({}, "out/");
  ASSERT_TRUE(slash.write("a", "1").ok() && slash.finish().ok());
  S3Writer root = writer({}, "");
  ASSERT_TRUE(root.write("b", "2").ok() && root.finish().ok());
  EXPECT_EQ(s3_.bytes_of("out/a"), "1");
  EXPECT_EQ(s3_.bytes_of("b"), "2");
}

TEST_F(S3WriterTest, FinishingWithoutAWriteIsFine) { EXPECT_TRUE(writer().finish().ok()); }

TEST_F(S3WriterTest, ManyArePutAtOnce) {
  s3_.hold();
  S3Writer out = writer({.threads = 3});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(out.write(fmt::format("{}", i), "x").ok());
  ASSERT_TRUE(comes_true([&] { return request_count() == 3; }));
  s3_.let_go();
  ASSERT_TRUE(out.finish().ok());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(s3_.bytes_of(fmt::format("out/{}", i)), "x");
  EXPECT_EQ(s3_.most_at_once(), 3U);
}

TEST_F(S3WriterTest, AWriteWaitsForMemory) {
  s3_.hold();
  S3Writer out = writer({.threads = 2, .memory_bytes = 1000});
  ASSERT_TRUE(out.write("a", std::string(600, 'a')).ok());
  std::atomic<bool> written{false};
  std::jthread second([&] {
    EXPECT_TRUE(out.write("b", std::string(600, 'b')).ok());
    written = true;
  });
  std::this_thread::sleep_for(150ms);
  EXPECT_FALSE(written);
  s3_.let_go();
  EXPECT_TRUE(comes_true([&] { return written.load(); }));
  second.join();
  ASSERT_TRUE(out.finish().ok());
  EXPECT_EQ(s3_.bytes_of("out/b").size(), 600U);
}

TEST_F(S3WriterTest, AnObjectLargerThanMemoryIsPutAlone) {
  S3Writer out = writer({.threads = 2, .memory_bytes = 10});
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(out.write(name, "more than 10 bytes").ok());
  ASSERT_TRUE(out.finish().ok());
  EXPECT_EQ(s3_.bytes_of("out/c"), "more than 10 bytes");
}

TEST_F(S3WriterTest, WhatFailedIsSaidAtTheEnd) {
  given_refusal_of("out/b");
  S3Writer out = writer({.threads = 1});
  for (const char* name : {"a", "b"}) ASSERT_TRUE(out.write(name, "x").ok());
  const Status finished = out.finish();
  ASSERT_FALSE(finished.ok());
  EXPECT_EQ(finished.error().kind, ErrorKind::source);
  EXPECT_THAT(finished.error().message, HasSubstr("s3://bucket/out/b: PUT refused"));
  EXPECT_THAT(finished.error().message, HasSubstr("s3:PutObject"));
}

TEST_F(S3WriterTest, WhatFailedIsSaidByALaterWriteAndEndsTheRest) {
  given_refusal_of("out/0");
  S3Writer out = writer({.threads = 1, .memory_bytes = 1});
  ASSERT_TRUE(out.write("0", "xx").ok());
  const Status later = out.write("1", "xx");  // waits for the first, for want of memory
  ASSERT_FALSE(later.ok());
  EXPECT_THAT(later.error().message, HasSubstr("s3://bucket/out/0"));
  EXPECT_FALSE(out.finish().ok());
  EXPECT_EQ(request_count(), 1U);
}

TEST_F(S3WriterTest, AStopEndsWhatIsUnderWay) {
  s3_.hold();
  S3Writer out = writer({.threads = 2, .memory_bytes = 1});
  ASSERT_TRUE(out.write("a", "xx").ok());
  ASSERT_TRUE(comes_true([&] { return request_count() == 1; }));
  s3_.stop.request(2);
  EXPECT_EQ(out.write("b", "xx").error().kind, ErrorKind::stopped);
  EXPECT_EQ(out.finish().error().kind, ErrorKind::stopped);
}

TEST_F(S3WriterTest, AWriterThatGoesBeforeItsEndDropsWhatWaits) {
  s3_.hold();
  std::jthread later;
  {
    S3Writer out = writer({.threads = 1});
    for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(out.write(name, "x").ok());
    ASSERT_TRUE(comes_true([&] { return request_count() == 1; }));
    later = std::jthread([this] {
      std::this_thread::sleep_for(100ms);
      s3_.let_go();
    });
  }
  EXPECT_EQ(request_count(), 1U);
}

}  // namespace
}  // namespace sparkify
