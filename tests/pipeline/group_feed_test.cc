#include "pipeline/group_feed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sparkify {
namespace {

constexpr std::size_t kMib = std::size_t{1} << 20;

/// A text so often, without being in memory as a whole.
class RepeatedStream : public ByteStream {
 public:
  RepeatedStream(std::string_view unit, std::size_t times) : unit_(unit), left_(times) {}
  Result<std::size_t> read(std::span<char> buffer) override {
    if (at_ == unit_.size()) {
      if (left_ > 0) --left_;
      at_ = 0;
    }
    if (left_ == 0) return std::size_t{0};
    const std::size_t bytes = std::min(buffer.size(), unit_.size() - at_);
    std::memcpy(buffer.data(), unit_.data() + at_, bytes);
    at_ += bytes;
    return bytes;
  }

 private:
  std::string_view unit_;
  std::size_t left_;
  std::size_t at_ = 0;
};

/// One object, that holds a text so often.
class RepeatedStore : public ObjectStore {
 public:
  RepeatedStore(std::string unit, std::size_t times) : unit_(std::move(unit)), times_(times) {}
  Result<Listing> list(const std::string&) override { return Listing{}; }
  Result<std::unique_ptr<ByteStream>> open(const ObjectInfo&) override {
    return std::unique_ptr<ByteStream>(std::make_unique<RepeatedStream>(unit_, times_));
  }

 private:
  std::string unit_;
  std::size_t times_;
};

struct Fed {
  std::size_t rows = 0;
  std::size_t batches = 0;
  std::size_t held_bytes_max = 0;  ///< by a batch, when it was handed over or at the end
  ObjectOutcome outcome;
};

Fed feed(const std::string& unit, std::size_t times) {
  RepeatedStore store(unit, times);
  Progress progress;
  StopFlag stop;
  RejectSpool rejects;
  const std::vector<PlannedObject> objects = {{{"file:///a.json", "1", 0}, DataKind::logs, 1}};
  GroupFeed feed(DataKind::logs, objects, {store, DecodeLimits{}, progress, stop}, rejects);
  Batch batch(feed.schema());
  Fed fed;
  while (true) {
    const auto more = feed.next(batch);
    EXPECT_TRUE(more.ok());
    fed.held_bytes_max = std::max(fed.held_bytes_max, batch.held_bytes());
    if (!more.ok() || !*more) break;
    fed.rows += batch.row_count();
    ++fed.batches;
  }
  fed.outcome = feed.outcomes().at(0);
  return fed;
}

std::string visit_with(const std::string& more) {
  return R"({"page":"Home","ts":1,"sessionId":1,"itemInSession":0,)" + more + "}\n";
}

// A batch had as many rows as fit, and the text of all of them: a few thousand long records were
// gigabytes.
TEST(GroupFeed, ABatchOfLongRecordsIsHandedOverBeforeItHasAllItsRows) {
  const std::string unit = visit_with("\"more\":\"" + std::string(100'000, 'x') + '"');
  const Fed fed = feed(unit, 1000);
  EXPECT_EQ(fed.rows, 1000U);
  EXPECT_GT(fed.batches, 5U);
  EXPECT_LT(fed.held_bytes_max, Batch::kHeldBytesMax + 4 * kMib);
}

TEST(GroupFeed, ABatchOfOrdinaryRecordsHasAllItsRows) {
  const Fed fed = feed(visit_with(R"("level":"free")"), 100'000);
  EXPECT_EQ(fed.rows, 100'000U);
  EXPECT_LE(fed.batches, 100'000U / Batch::kRowsMax + 1);
}

// Text that no row came from was kept until there were rows, however much it was.
TEST(GroupFeed, TextWithoutRowsIsNotKept) {
  const Fed blanks = feed(std::string(1000, ' ') + "\n", 50'000);
  EXPECT_EQ(blanks.rows, 0U);
  EXPECT_EQ(blanks.outcome.records, 0);
  EXPECT_LT(blanks.held_bytes_max, 4 * kMib);
  const Fed rejects = feed(visit_with(R"("userAgent":5,"song":"with \"escapes\"")"), 200'000);
  EXPECT_EQ(rejects.rows, 0U);
  EXPECT_EQ(rejects.outcome.rejects, 200'000);
  EXPECT_LT(rejects.held_bytes_max, 4 * kMib);
}

}  // namespace
}  // namespace sparkify
