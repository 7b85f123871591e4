#include "serve/live_document.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <new>
#include <string>
#include <thread>

namespace sparkify {
namespace {

using std::chrono::milliseconds;

constexpr LiveDocument::Pace kQuick{.pause = milliseconds(1), .patience = milliseconds(0)};

/// A warehouse whose rows are a number.
class Source {
 public:
  DocumentSource functions() {
    return {.sign = [this] { return sign(); },
            .make = [this](std::uint64_t version) { return make(version); }};
  }

  void set(int rows) { rows_ = rows; }
  void fail(const std::string& why) {
    const std::lock_guard lock(mutex_);
    failure_ = why;
  }
  int signs() const { return signs_; }
  int documents() const { return documents_; }

 private:
  Result<std::string> sign() {
    ++signs_;
    const std::lock_guard lock(mutex_);
    if (!failure_.empty()) return make_error(ErrorKind::database, failure_);
    return std::to_string(rows_);
  }
  Result<std::string> make(std::uint64_t version) {
    ++documents_;
    return std::to_string(version) + ": " + std::to_string(rows_);
  }

  std::atomic<int> rows_{0};
  std::atomic<int> signs_{0};
  std::atomic<int> documents_{0};
  std::mutex mutex_;
  std::string failure_;
};

/// Looks until `is_right`, for a minute at most.
template <typename Condition>
bool comes_true(LiveDocument& document, const Condition& is_right) {
  for (int i = 0; i < 12'000; ++i) {
    if (is_right(document.look())) return true;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return false;
}

TEST(LiveDocument, TheFirstIsThereBeforeAnybodyLooks) {
  Source source;
  LiveDocument document(source.functions(), kQuick);
  ASSERT_TRUE(document.start().ok());
  EXPECT_EQ(*document.look().text, "1: 0");
  EXPECT_EQ(document.look().version, 1U);
}

TEST(LiveDocument, WithoutAFirstItDoesNotStart) {
  Source source;
  source.fail("no such warehouse");
  LiveDocument document(source.functions(), kQuick);
  const Status started = document.start();
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().message, "no such warehouse");
}

TEST(LiveDocument, WhatChangedIsThereWhenSomebodyLooksAgain) {
  Source source;
  LiveDocument document(source.functions(), kQuick);
  ASSERT_TRUE(document.start().ok());
  source.set(7);
  EXPECT_TRUE(comes_true(document, [](const auto& now) { return *now.text == "2: 7"; }));
  EXPECT_EQ(source.documents(), 2);
}

TEST(LiveDocument, WhatDidNotChangeIsNotMadeAgain) {
  Source source;
  LiveDocument document(source.functions(), kQuick);
  ASSERT_TRUE(document.start().ok());
  EXPECT_TRUE(comes_true(document, [&source](const auto&) { return source.signs() > 5; }));
  EXPECT_EQ(source.documents(), 1);
  EXPECT_EQ(document.look().version, 1U);
}

TEST(LiveDocument, WhereNobodyLooksNothingIsAsked) {
  Source source;
  LiveDocument document(source.functions(), kQuick);
  ASSERT_TRUE(document.start().ok());
  source.set(1);
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(source.signs(), 1) << "the one of the start";
}

TEST(LiveDocument, TroubleIsToldAndTheOldTextStays) {
  Source source;
  LiveDocument document(source.functions(), kQuick);
  ASSERT_TRUE(document.start().ok());
  source.fail("the server is gone");
  EXPECT_TRUE(comes_true(document, [](const auto& now) { return now.trouble.has_value(); }));
  EXPECT_EQ(document.look().trouble, "the server is gone");
  EXPECT_EQ(*document.look().text, "1: 0");
  source.set(3);
  source.fail("");
  EXPECT_TRUE(comes_true(document, [](const auto& now) { return *now.text == "2: 3"; }));
  EXPECT_FALSE(document.look().trouble.has_value());
}

TEST(LiveDocument, WhoComesAfterAPauseGetsWhatIsNewAtOnce) {
  Source source;
  LiveDocument document(source.functions(),
                        {.pause = milliseconds(1), .patience = std::chrono::minutes(1)});
  ASSERT_TRUE(document.start().ok());
  source.set(9);
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_EQ(*document.look().text, "2: 9");
}

TEST(LiveDocument, AnExceptionIsTroubleAndNoEnd) {
  Source source;
  DocumentSource functions = source.functions();
  std::atomic<bool> is_short{false};
  functions.sign = [&]() -> Result<std::string> {
    if (is_short) throw std::bad_alloc();
    return std::string("same");
  };
  LiveDocument document(functions, kQuick);
  ASSERT_TRUE(document.start().ok());
  is_short = true;
  EXPECT_TRUE(comes_true(document, [](const auto& now) { return now.trouble.has_value(); }));
  is_short = false;
  EXPECT_TRUE(comes_true(document, [](const auto& now) { return !now.trouble.has_value(); }));
}

TEST(LiveDocument, EndsAtOnceAmidAPause) {
  Source source;
  const auto begun = std::chrono::steady_clock::now();
  {
    LiveDocument document(source.functions(),
                          {.pause = std::chrono::hours(1), .patience = milliseconds(0)});
    ASSERT_TRUE(document.start().ok());
    document.look();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::minutes(1));
}

}  // namespace
}  // namespace sparkify
