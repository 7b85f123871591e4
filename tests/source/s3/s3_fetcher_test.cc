#include "source/s3/s3_fetcher.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "fakes/fake_s3.h"

namespace sparkify {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;
using Clock = std::chrono::steady_clock;

// Ends the program if a test does not come to its end: a deadlock would show as nothing at all.
class Watchdog {
 public:
  Watchdog() : thread_([this] { watch(); }) {}
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

 private:
  void watch() {
    std::unique_lock lock(mutex_);
    if (changed_.wait_for(lock, 30s, [this] { return done_; })) return;
    std::fputs("a test of the fetcher hangs\n", stderr);
    std::abort();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
  std::thread thread_;
};

bool comes_true(const std::function<bool()>& condition, std::chrono::milliseconds within = 10s) {
  const auto end = Clock::now() + within;
  while (!condition()) {
    if (Clock::now() > end) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

Result<std::string> read_all(ByteStream& stream) {
  std::string text;
  std::array<char, 1000> buffer{};
  while (true) {
    TRY_ASSIGN(const std::size_t bytes, stream.read(buffer));
    if (bytes == 0) return text;
    text.append(buffer.data(), bytes);
  }
}

class S3FetcherTest : public ::testing::Test {
 protected:
  S3Fetcher& fetcher(FetchLimits limits) {
    fetcher_ = std::make_unique<S3Fetcher>(s3_.client(), limits, s3_.stop);
    return *fetcher_;
  }
  ObjectInfo given(const std::string& key, std::size_t size_bytes) {
    return s3_.put(key, text_of(key, size_bytes));
  }
  std::vector<ObjectInfo> given_many(int count, std::size_t size_bytes) {
    std::vector<ObjectInfo> objects;
    for (int i = 0; i < count; ++i) objects.push_back(given(fmt::format("{:03}", i), size_bytes));
    return objects;
  }
  static std::string text_of(const std::string& key, std::size_t size_bytes) {
    std::string text;
    while (text.size() < size_bytes) text += fmt::format("{}:{} ", key, text.size());
    text.resize(size_bytes);
    return text;
  }
  static std::string key_of_info(const ObjectInfo& object) { return object.uri.substr(12); }
  static void expect_text(ByteStream& stream, const ObjectInfo& object) {
    const auto text = read_all(stream);
    ASSERT_TRUE(text.ok()) << text.error().message;
    EXPECT_TRUE(*text == text_of(key_of_info(object), object.size_bytes)) << object.uri;
  }
  void expect_all(S3Fetcher& fetcher, const std::vector<ObjectInfo>& objects) {
    for (const ObjectInfo& object : objects) expect_text(*fetcher.open(object), object);
  }
  std::size_t request_count() const { return s3_.server().request_count(); }
  // Waits until the server is asked nothing new for a while.
  std::size_t settled_request_count() const {
    std::size_t count = 0;
    while (true) {
      std::this_thread::sleep_for(150ms);
      if (request_count() == count) return count;
      count = request_count();
    }
  }

  Watchdog watchdog_;
  FakeS3 s3_;
  std::unique_ptr<S3Fetcher> fetcher_;
};

TEST_F(S3FetcherTest, ReadsAnObjectThatNobodyAnnounced) {
  const ObjectInfo object = given("a.json", 5000);
  expect_text(*fetcher({}).open(object), object);
  EXPECT_EQ(request_count(), 1U);
}

TEST_F(S3FetcherTest, ReadsAnEmptyObject) {
  const ObjectInfo object = given("empty", 0);
  expect_text(*fetcher({}).open(object), object);
  EXPECT_EQ(request_count(), 1U);
}

TEST_F(S3FetcherTest, ALongObjectComesInPartsThatAreItsBytes) {
  for (const std::size_t size : {999U, 1000U, 1001U, 2000U, 9999U}) {
    const ObjectInfo object = given(fmt::format("of-{}", size), size);
    const std::size_t before = request_count();
    expect_text(*fetcher({.threads = 4, .part_bytes = 1000}).open(object), object);
    EXPECT_EQ(request_count() - before, (size + 999) / 1000) << size;
  }
}

TEST_F(S3FetcherTest, AnnouncedObjectsAreFetchedBeforeAnybodyOpensThem) {
  const auto objects = given_many(5, 100);
  const auto announcement = fetcher({.threads = 2}).announce(objects);
  EXPECT_TRUE(comes_true([&] { return request_count() == 5; }));
  expect_all(*fetcher_, objects);
  EXPECT_EQ(request_count(), 5U);
}

TEST_F(S3FetcherTest, ObjectsAreBegunInTheOrderInWhichTheyWereAnnounced) {
  const auto objects = given_many(30, 100);
  const auto announcement = fetcher({.threads = 1}).announce(objects);
  ASSERT_TRUE(comes_true([&] { return request_count() == 30; }));
  std::vector<std::string> expected;
  for (const ObjectInfo& object : objects) expected.push_back(key_of_info(object));
  EXPECT_EQ(s3_.keys_asked(), expected);
}

TEST_F(S3FetcherTest, AsManyAreFetchedAtOnceAsThereAreThreads) {
  s3_.hold();
  const auto announcement = fetcher({.threads = 7}).announce(given_many(20, 100));
  ASSERT_TRUE(comes_true([&] { return request_count() == 7; }));
  EXPECT_EQ(settled_request_count(), 7U);
  s3_.let_go();
  ASSERT_TRUE(comes_true([&] { return request_count() == 20; }));
  EXPECT_EQ(s3_.most_at_once(), 7U);
}

TEST_F(S3FetcherTest, WhatIsReadInAnyOrderIsWhatWasAnnounced) {
  const auto objects = given_many(12, 3500);
  const auto announcement = fetcher({.threads = 3, .part_bytes = 1000}).announce(objects);
  for (const std::size_t i : {5, 0, 11, 3, 4, 10, 1, 9, 2, 8, 6, 7}) {
    expect_text(*fetcher_->open(objects[i]), objects[i]);
  }
  EXPECT_EQ(request_count(), 48U);
}

// Every part counts its bytes and 4 KiB.
TEST_F(S3FetcherTest, NoMoreIsFetchedAheadThanMemoryTakes) {
  const auto objects = given_many(40, 10'000);
  const auto announcement = fetcher({.threads = 8, .memory_bytes = 5 * 14'096}).announce(objects);
  EXPECT_EQ(settled_request_count(), 5U);
  {
    const auto stream = fetcher_->open(objects[0]);
    expect_text(*stream, objects[0]);
    EXPECT_EQ(settled_request_count(), 6U);  // room for one was made by reading
  }
  expect_all(*fetcher_, {objects.begin() + 1, objects.end()});
}

// What was asked of the server and not yet read, at every request.
TEST_F(S3FetcherTest, TheBoundOfMemoryHoldsAllTheTime) {
  constexpr std::size_t kPart = 1000;
  constexpr std::uint64_t kMemory = 40'000;
  std::atomic<std::int64_t> unread{0};
  std::atomic<std::int64_t> most_unread{0};
  s3_.first = [&](const ServedRequest&) -> std::optional<ServedResponse> {
    const std::int64_t now = unread.fetch_add(kPart) + static_cast<std::int64_t>(kPart);
    std::int64_t most = most_unread.load();
    while (now > most && !most_unread.compare_exchange_weak(most, now)) continue;
    return {};
  };
  const auto objects = given_many(20, 10 * kPart);
  const auto announcement =
      fetcher({.threads = 16, .memory_bytes = kMemory, .part_bytes = kPart}).announce(objects);
  for (const ObjectInfo& object : objects) {
    const auto stream = fetcher_->open(object);
    std::array<char, kPart> buffer{};
    while (const std::size_t bytes = *stream->read(buffer)) {
      unread -= static_cast<std::int64_t>(bytes);
    }
  }
  EXPECT_EQ(unread.load(), 0);
  EXPECT_GT(most_unread.load(), static_cast<std::int64_t>(3 * kPart));
  // One part is in the reader's hands, one may be the one it waits for.
  EXPECT_LE(most_unread.load(), static_cast<std::int64_t>(kMemory + 2 * kPart));
}

TEST_F(S3FetcherTest, AReaderThatWaitsIsServedBeyondTheBudget) {
  auto objects = given_many(10, 3000);
  const auto announcement =
      fetcher({.threads = 1, .memory_bytes = 1, .part_bytes = 1000}).announce(objects);
  ASSERT_TRUE(comes_true([&] { return request_count() == 1; }));
  for (auto object = objects.rbegin(); object != objects.rend(); ++object) {
    expect_text(*fetcher_->open(*object), *object);
  }
}

TEST_F(S3FetcherTest, ManyReadersInAnyOrderOnOneThreadAndWithoutMemoryDoNotBlockEachOther) {
  const auto objects = given_many(24, 2500);
  const auto announcement =
      fetcher({.threads = 1, .memory_bytes = 1, .part_bytes = 500}).announce(objects);
  std::vector<std::jthread> readers;
  for (std::size_t reader = 0; reader < 8; ++reader) {
    readers.emplace_back([&, reader] {
      for (std::size_t i = 0; i < 3; ++i) {
        const ObjectInfo& object = objects[23 - (i * 8 + reader)];
        expect_text(*fetcher_->open(object), object);
      }
    });
  }
}

// All are open at once and each is read a little at a time.
TEST_F(S3FetcherTest, StreamsThatAreReadInTurnDoNotBlockEachOther) {
  const auto objects = given_many(6, 4000);
  const auto announcement =
      fetcher({.threads = 2, .memory_bytes = 6000, .part_bytes = 700}).announce(objects);
  std::vector<std::unique_ptr<ByteStream>> streams;
  for (const ObjectInfo& object : objects) streams.push_back(fetcher_->open(object));
  std::vector<std::string> texts(objects.size());
  std::array<char, 300> buffer{};
  for (bool more = true; more;) {
    more = false;
    for (std::size_t i = streams.size(); i-- > 0;) {
      const auto bytes = streams[i]->read(buffer);
      ASSERT_TRUE(bytes.ok()) << bytes.error().message;
      texts[i].append(buffer.data(), *bytes);
      more = more || *bytes > 0;
    }
  }
  for (std::size_t i = 0; i < objects.size(); ++i) {
    EXPECT_TRUE(texts[i] == text_of(key_of_info(objects[i]), 4000)) << objects[i].uri;
  }
}

// An answer that never comes to its end, and whether the other side went.
class EndlessAnswer {
 public:
  ServedResponse response(const std::string& etag, std::size_t size_bytes) {
    ServedResponse response;
    response.instead = [this, etag, size_bytes](int connection) {
      const std::string head = fmt::format(
          "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nETag: \"{}\"\r\n\r\nhalf", size_bytes, etag);
      ::send(connection, head.data(), head.size(), MSG_NOSIGNAL);
      ++begun;
      char byte = 0;
      if (::recv(connection, &byte, 1, 0) <= 0) ++gone;
    };
    return response;
  }
  std::atomic<int> begun{0};
  std::atomic<int> gone{0};
};

class CancelTest : public S3FetcherTest {
 protected:
  CancelTest() {
    s3_.first = [this](const ServedRequest& request) -> std::optional<ServedResponse> {
      if (!key_of(request).starts_with("endless")) return {};
      return endless_.response("e", 1'000'000);
    };
  }
  ObjectInfo given_endless(const std::string& name) const {
    return {"s3://bucket/endless" + name, "e", 1'000'000};
  }

  EndlessAnswer endless_;
};

TEST_F(CancelTest, AStreamThatIsClosedEndsItsTransfer) {
  auto stream = fetcher({.threads = 2}).open(given_endless("1"));
  ASSERT_TRUE(comes_true([&] { return endless_.begun == 1; }));
  const auto begin = Clock::now();
  stream.reset();
  EXPECT_LT(Clock::now() - begin, 500ms);
  EXPECT_TRUE(comes_true([&] { return endless_.gone == 1; }, 2000ms));
}

TEST_F(CancelTest, AnAnnouncementThatGoesEndsTheTransfersOfWhatWasNotOpened) {
  const std::vector<ObjectInfo> objects = {given_endless("1"), given_endless("2"),
                                           given_endless("3")};
  auto announcement = fetcher({.threads = 3}).announce(objects);
  const auto opened = fetcher_->open(objects[1]);
  ASSERT_TRUE(comes_true([&] { return endless_.begun == 3; }));
  announcement.reset();
  EXPECT_TRUE(comes_true([&] { return endless_.gone == 2; }, 2000ms));
  std::this_thread::sleep_for(1200ms);
  EXPECT_EQ(endless_.gone, 2);  // not the opened one's
}

TEST_F(CancelTest, WhatWasCancelledGivesItsThreadsAndMemoryBack) {
  const std::vector<ObjectInfo> endless = {given_endless("1"), given_endless("2")};
  auto announcement = fetcher({.threads = 2, .memory_bytes = 2'100'000}).announce(endless);
  ASSERT_TRUE(comes_true([&] { return endless_.begun == 2; }));
  announcement.reset();
  const auto objects = given_many(10, 1000);
  announcement = fetcher_->announce(objects);
  ASSERT_TRUE(comes_true([&] { return request_count() == 12; }));
  expect_all(*fetcher_, objects);
}

TEST_F(CancelTest, WhatWasAnnouncedAndNotReadGivesItsMemoryBack) {
  const FetchLimits limits{.threads = 2, .memory_bytes = 16'000, .part_bytes = 1000};
  fetcher(limits);
  for (int round = 0; round < 20; ++round) {
    const auto objects = given_many(3, 5000);
    const auto announcement = fetcher_->announce(objects);
    const auto stream = fetcher_->open(objects[1]);
    std::array<char, 10> buffer{};
    ASSERT_TRUE(stream->read(buffer).ok());
  }
  const std::size_t before = settled_request_count();
  const auto announcement = fetcher_->announce(given_many(3, 5000));
  EXPECT_EQ(settled_request_count() - before, 3U);  // 3 parts of 5096 bytes: all memory is free
}

TEST_F(CancelTest, AnObjectThatIsAnnouncedTwiceTakesItsMemoryOnce) {
  fetcher({.threads = 1, .memory_bytes = 25'000});
  const std::vector<ObjectInfo> twice{given("twice", 10'000)};
  {
    const auto first = fetcher_->announce(twice);
    settled_request_count();
    const auto second = fetcher_->announce(twice);
    settled_request_count();
  }
  const std::size_t before = settled_request_count();
  const auto announcement = fetcher_->announce(given_many(2, 10'000));
  EXPECT_EQ(settled_request_count() - before, 2U);
}

TEST_F(CancelTest, AFetcherMayGoWhileItFetches) {
  s3_.hold();
  auto announcement = fetcher({.threads = 4}).announce(given_many(10, 100));
  ASSERT_TRUE(comes_true([&] { return request_count() == 4; }));
  announcement.reset();
  const auto begin = Clock::now();
  fetcher_.reset();
  EXPECT_LT(Clock::now() - begin, 2000ms);
}

TEST_F(CancelTest, AStopEndsTheWaitOfAReaderWithinASecond) {
  const auto stream = fetcher({.threads = 1}).open(given_endless("1"));
  ASSERT_TRUE(comes_true([&] { return endless_.begun == 1; }));
  std::jthread stopper([&] {
    std::this_thread::sleep_for(100ms);
    s3_.stop.request(2);
  });
  const auto begin = Clock::now();
  const auto text = read_all(*stream);
  EXPECT_LT(Clock::now() - begin, 1100ms);
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().kind, ErrorKind::stopped);
}

// The only thread is busy, so nobody even begins what the reader waits for.
TEST_F(CancelTest, AStopEndsTheWaitForAThreadWithinASecond) {
  const auto busy = fetcher({.threads = 1}).open(given_endless("1"));
  ASSERT_TRUE(comes_true([&] { return endless_.begun == 1; }));
  const auto stream = fetcher_->open(given("a.json", 10));
  std::jthread stopper([&] {
    std::this_thread::sleep_for(100ms);
    s3_.stop.request(2);
  });
  const auto begin = Clock::now();
  const auto text = read_all(*stream);
  EXPECT_LT(Clock::now() - begin, 1100ms);
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().kind, ErrorKind::stopped);
}

TEST_F(S3FetcherTest, AnAnswerOfAnotherVersionIsChanged) {
  ObjectInfo object = given("a.json", 100);
  given("a.json", 200);
  const auto text = read_all(*fetcher({}).open(object));
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().kind, ErrorKind::changed);
}

TEST_F(S3FetcherTest, AnObjectThatChangesBetweenItsPartsIsChanged) {
  const ObjectInfo object = given("a.json", 3000);
  const auto stream = fetcher({.threads = 1, .memory_bytes = 1, .part_bytes = 1000}).open(object);
  std::array<char, 1000> buffer{};
  ASSERT_TRUE(stream->read(buffer).ok());
  ASSERT_TRUE(comes_true([&] { return request_count() >= 2; }));
  s3_.put("a.json", std::string(3000, 'x'));
  const auto rest = read_all(*stream);
  ASSERT_FALSE(rest.ok());
  EXPECT_EQ(rest.error().kind, ErrorKind::changed);
}

// The version that was announced may be another than the one that is opened.
TEST_F(S3FetcherTest, TheVersionThatIsOpenedCounts) {
  const ObjectInfo before = given("a.json", 100);
  const auto announcement = fetcher({}).announce(std::vector{before});
  ASSERT_TRUE(comes_true([&] { return request_count() == 1; }));
  const ObjectInfo now = given("a.json", 200);
  expect_text(*fetcher_->open(now), now);
}

class ManyPartsTest : public S3FetcherTest {
 protected:
  // The object has these bytes, but its ETag says otherwise; in 5 parts.
  Result<std::string> read_wrong(const std::string& etag) {
    const ObjectInfo object = s3_.put("wrong", std::string(4500, 'x'), etag);
    stream_ = fetcher({.threads = 3, .part_bytes = 1000}).open(object);
    return read_all(*stream_);
  }

  std::unique_ptr<ByteStream> stream_;
};

TEST_F(ManyPartsTest, BytesWithoutTheMd5OfTheETagAreDamagedAtTheEnd) {
  const auto text = read_wrong(md5_of("other bytes"));
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().kind, ErrorKind::damaged);
  EXPECT_THAT(text.error().message, HasSubstr("s3://bucket/wrong"));
  std::array<char, 10> buffer{};
  EXPECT_FALSE(stream_->read(buffer).ok()) << "and stays so";
}

TEST_F(ManyPartsTest, AnETagThatIsNoMd5ProvesNothing) {
  EXPECT_EQ(read_wrong(md5_of("other bytes") + "-2")->size(), 4500U);
}

TEST_F(ManyPartsTest, APartThatFailsFailsTheStreamForGood) {
  const ObjectInfo object = given("a.json", 4500);
  const ObjectInfo other = given("b.json", 4500);
  s3_.first = [](const ServedRequest& request) -> std::optional<ServedResponse> {
    const bool fails = key_of(request) == "a.json" && request.header("range") == "bytes=2000-2999";
    if (fails) return s3_error(403, "AccessDenied");
    return {};
  };
  const std::vector<ObjectInfo> objects = {object, other};
  const auto announcement =
      fetcher({.threads = 2, .memory_bytes = 12'000, .part_bytes = 1000}).announce(objects);
  const auto stream = fetcher_->open(object);
  std::string text;
  std::array<char, 1000> buffer{};
  auto bytes = stream->read(buffer);
  for (; bytes.ok() && *bytes > 0; bytes = stream->read(buffer)) text.append(buffer.data(), *bytes);
  EXPECT_TRUE(text == text_of("a.json", 2000));
  ASSERT_FALSE(bytes.ok());
  EXPECT_THAT(bytes.error().message, HasSubstr("403 AccessDenied"));
  EXPECT_THAT(stream->read(buffer).error().message, HasSubstr("403 AccessDenied"));
  expect_text(*fetcher_->open(other), other);
}

}  // namespace
}  // namespace sparkify
