#include "source/store_router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fakes/memory_stream.h"

namespace sparkify {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Calls = std::vector<std::string>;

// Notes what it is asked.
class NotingStore : public ObjectStore {
 public:
  NotingStore(std::string name, Calls& calls) : name_(std::move(name)), calls_(calls) {}

  Result<Listing> list(const std::string& location) override {
    note("list " + location);
    return Listing{};
  }
  Result<Listing> sample(const std::string& location, std::size_t names_max) override {
    note("sample " + location + " " + std::to_string(names_max));
    return Listing{};
  }
  Result<std::unique_ptr<ByteStream>> open(const ObjectInfo& object) override {
    note("open " + object.uri);
    return std::unique_ptr<ByteStream>(std::make_unique<MemoryStream>("text"));
  }
  std::unique_ptr<Announcement> announce(std::span<const ObjectInfo> objects) override {
    std::string text = "announce";
    for (const ObjectInfo& object : objects) text += " " + object.uri;
    note(text);
    return std::make_unique<Announcement>();
  }
  Result<std::optional<ObjectInfo>> look_again(const ObjectInfo& object) override {
    note("look_again " + object.uri);
    return std::optional<ObjectInfo>(object);
  }

 private:
  void note(const std::string& text) { calls_.push_back(name_ + ": " + text); }
  std::string name_;
  Calls& calls_;
};

class StoreRouterTest : public ::testing::Test {
 protected:
  static ObjectInfo object(const std::string& uri) { return {uri, "e", 1}; }

  Calls calls_;
  int made_count_ = 0;
  std::optional<Error> make_error_;
  StoreRouter router_{
      std::make_unique<NotingStore>("files", calls_),
      [this]() -> Result<std::unique_ptr<ObjectStore>> {
        ++made_count_;
        if (make_error_) return *make_error_;
        return std::unique_ptr<ObjectStore>(std::make_unique<NotingStore>("s3", calls_));
      }};
};

TEST_F(StoreRouterTest, ASampleGoesWhereTheListGoes) {
  EXPECT_TRUE(router_.sample("logs", 3).ok());
  EXPECT_EQ(made_count_, 0);
  EXPECT_TRUE(router_.sample("s3://bucket/logs", 5).ok());
  EXPECT_EQ(made_count_, 1);
  EXPECT_THAT(calls_, ElementsAre("files: sample logs 3", "s3: sample s3://bucket/logs 5"));
}

TEST_F(StoreRouterTest, GivesEachStoreItsOwn) {
  const ObjectInfo far = object("s3://bucket/a.json");
  const ObjectInfo near = object("file:///a.json");
  ASSERT_TRUE(router_.list("s3://bucket/").ok());
  ASSERT_TRUE(router_.list("folder").ok());
  ASSERT_TRUE(router_.open(far).ok());
  ASSERT_TRUE(router_.open(near).ok());
  ASSERT_TRUE(router_.look_again(far).ok());
  ASSERT_TRUE(router_.look_again(near).ok());
  EXPECT_THAT(calls_,
              ElementsAre("s3: list s3://bucket/", "files: list folder",
                          "s3: open s3://bucket/a.json", "files: open file:///a.json",
                          "s3: look_again s3://bucket/a.json", "files: look_again file:///a.json"));
}

TEST_F(StoreRouterTest, AnnouncesOnlyWhatIsFarAway) {
  ASSERT_TRUE(router_.list("s3://bucket/").ok());
  calls_.clear();
  const std::vector<ObjectInfo> mixed = {object("s3://b/1"), object("file:///2"),
                                         object("s3://b/3")};
  EXPECT_NE(router_.announce(mixed), nullptr);
  EXPECT_THAT(calls_, ElementsAre("s3: announce s3://b/1 s3://b/3"));
}

// So it asks nobody for credentials.
TEST_F(StoreRouterTest, AJobOfFilesMakesNoStoreOfS3) {
  ASSERT_TRUE(router_.list("folder").ok());
  const std::vector<ObjectInfo> files = {object("file:///a"), object("file:///b")};
  EXPECT_EQ(router_.announce(files), nullptr);
  EXPECT_EQ(router_.announce({}), nullptr);
  ASSERT_TRUE(router_.open(files[0]).ok());
  EXPECT_EQ(made_count_, 0);
}

TEST_F(StoreRouterTest, TheStoreOfS3IsMadeOnce) {
  ASSERT_TRUE(router_.list("s3://a/").ok());
  ASSERT_TRUE(router_.list("s3://b/").ok());
  EXPECT_EQ(made_count_, 1);
}

TEST_F(StoreRouterTest, AStoreThatCannotBeMadeIsTheListingsErrorAndTriedAgainTheNextTime) {
  make_error_ = make_error(ErrorKind::config, "no credentials");
  const auto listing = router_.list("s3://a/");
  ASSERT_FALSE(listing.ok());
  EXPECT_EQ(listing.error().message, "no credentials");
  EXPECT_THAT(calls_, IsEmpty());
  make_error_.reset();
  EXPECT_TRUE(router_.list("s3://a/").ok());
}

// A folder may have any name; only the scheme, as we write it, means S3.
TEST_F(StoreRouterTest, OnlyTheSchemeMeansS3) {
  for (const char* location : {"s3", "s3:/a", "./s3://a", "S3://a", "/data/s3://a"}) {
    ASSERT_TRUE(router_.list(location).ok());
    EXPECT_EQ(calls_.back(), std::string("files: list ") + location);
  }
}

}  // namespace
}  // namespace sparkify
