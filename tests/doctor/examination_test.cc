#include "doctor/examination.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/memory_stream.h"

namespace sparkify {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kLogs = "s3://bucket/log";

/// Objects of 3 bytes each, or what a test says.
class FakeStore : public ObjectStore {
 public:
  Result<Listing> list(const std::string& location) override {
    locations.push_back(location);
    if (list_error) return *list_error;
    return listing;
  }
  Result<std::unique_ptr<ByteStream>> open(const ObjectInfo& object) override {
    opened.push_back(object.uri);
    if (open_error) return *open_error;
    return std::unique_ptr<ByteStream>(std::make_unique<MemoryStream>("abc"));
  }

  Listing listing{{{"s3://bucket/log/empty.json", "e", 0},
                   {"s3://bucket/log/long.json", "e", 1000},
                   {"s3://bucket/log/short.json", "e", 3}},
                  0};
  std::optional<Error> list_error;
  std::optional<Error> open_error;
  std::vector<std::string> locations;
  std::vector<std::string> opened;
};

class RefusingWriter : public ObjectWriter {
 public:
  Status write(std::string_view /*name*/, std::string_view /*bytes*/) override {
    return make_error(ErrorKind::source, "refused");
  }
  Result<bool> write_if_allowed(std::string_view /*name*/, std::string_view /*bytes*/) override {
    return false;
  }
  Status remove(std::string_view /*name*/) override { return {}; }
};

class ExaminationTest : public ::testing::Test {
 protected:
  ExaminationTest() {
    subject_.warehouse = "postgresql://loader@db.example.com/music";
    subject_.log_data = kLogs;
  }

  Result<std::vector<Finding>> examine_all() {
    const ExaminationAccess access{
        store_,
        [this](const std::string& place) -> Result<std::unique_ptr<ObjectWriter>> {
          places_written_.push_back(place);
          return std::unique_ptr<ObjectWriter>(std::make_unique<RefusingWriter>());
        },
        [this] { return provider_; },
        [this](const std::string& location) {
          EXPECT_EQ(location.substr(0, 5), "s3://");
          ++clocks_asked_;
          return offset_;
        },
        [this]() -> Result<OpenedWarehouse> { return open_error_; },
        stop_};
    return examine(subject_, access);
  }

  Finding named(std::string_view name) {
    const auto findings = examine_all();
    EXPECT_TRUE(findings.ok());
    for (const Finding& each : *findings) {
      if (each.name == name) return each;
    }
    return bad(std::string(name), "was not made", "");
  }

  Subject subject_;
  FakeStore store_;
  std::vector<std::string> places_written_;
  Result<std::string> provider_ = std::string("environment");
  Result<std::int64_t> offset_ = std::int64_t{0};
  int clocks_asked_ = 0;
  Error open_error_ = make_error(ErrorKind::database, "db: down; start it");
  StopFlag stop_;
};

TEST_F(ExaminationTest, ListsAndReadsTheSmallestObjectThatIsNotEmpty) {
  EXPECT_THAT(named("log_data.list").detail, HasSubstr("3 objects"));
  EXPECT_THAT(store_.opened, Contains("s3://bucket/log/short.json"));
  EXPECT_THAT(store_.opened, Not(Contains("s3://bucket/log/empty.json")));
  EXPECT_EQ(named("log_data.read").health, Health::ok);
  EXPECT_EQ(named("log_data.write").health, Health::ok);
  EXPECT_THAT(places_written_, Contains(kLogs));
}

TEST_F(ExaminationTest, OnlyEmptyObjectsWillDoToo) {
  store_.listing.objects.resize(1);
  EXPECT_EQ(named("log_data.read").health, Health::ok);
}

TEST_F(ExaminationTest, WhoIsNotLetInDoesNotTryToWrite) {
  store_.list_error = make_error(ErrorKind::config, "wrong key; give another");
  EXPECT_EQ(named("log_data.list").fix, "give another");
  EXPECT_THAT(named("log_data.write").detail, HasSubstr("not looked at"));
  EXPECT_TRUE(places_written_.empty());
  store_.list_error = make_error(ErrorKind::source, "no right to list; ask for it");
  EXPECT_EQ(named("log_data.write").health, Health::ok);
}

TEST_F(ExaminationTest, WhatIsNotSetIsAWarning) {
  EXPECT_EQ(named("song_data.list").health, Health::warn);
  EXPECT_EQ(named("song_data.list").detail, "is not set");
}

TEST_F(ExaminationTest, AnObjectThatChangesIsAWarningAndOneThatIsRefusedFails) {
  store_.open_error = make_error(ErrorKind::changed, "changed");
  EXPECT_EQ(named("log_data.read").health, Health::warn);
  store_.open_error = make_error(ErrorKind::source, "refused; ask");
  EXPECT_EQ(named("log_data.read").health, Health::fail);
}

TEST_F(ExaminationTest, ASampleWithoutDataSaysSo) {
  store_.listing = {{}, 5, true};
  EXPECT_EQ(named("log_data.list").health, Health::warn);
  EXPECT_THAT(named("log_data.list").detail, HasSubstr("among the first names"));
}

TEST_F(ExaminationTest, WithoutCredentialsS3IsNotAskedForData) {
  provider_ = make_error(ErrorKind::config, "no credentials; log in");
  EXPECT_EQ(named("credentials").fix, "log in");
  EXPECT_THAT(named("log_data.list").detail, HasSubstr("not looked at"));
  EXPECT_THAT(store_.locations, Not(Contains(kLogs)));
  EXPECT_TRUE(places_written_.empty());
}

TEST_F(ExaminationTest, AnEndpointThatIsSilentIsAskedOnce) {
  offset_ = make_error(ErrorKind::unreachable, "no answer; look at the network");
  EXPECT_EQ(named("clock").health, Health::fail);
  EXPECT_EQ(clocks_asked_, 1);
  EXPECT_TRUE(store_.locations.empty());
  subject_.song_data = "songs";  // of this machine
  EXPECT_EQ(named("song_data.list").health, Health::ok);
}

TEST_F(ExaminationTest, UnsignedRequestsHaveNoTime) {
  subject_.signs = false;
  EXPECT_EQ(named("log_data.list").health, Health::ok);
  EXPECT_EQ(clocks_asked_, 0);
}

TEST_F(ExaminationTest, FilesOfThisMachineMayBeWritable) {
  subject_.log_data = "logs";
  EXPECT_EQ(named("log_data.write").detail, "was not made");
  EXPECT_EQ(named("credentials").detail, "was not made");
  EXPECT_TRUE(places_written_.empty());
}

TEST_F(ExaminationTest, RedshiftNeedsARoleAndAControlArea) {
  EXPECT_EQ(named("iam_role").detail, "was not made");
  subject_.warehouse = "redshift://loader@host/dev";
  EXPECT_EQ(named("iam_role").health, Health::fail);
  EXPECT_EQ(named("control.write").health, Health::fail);
  subject_.control = "s3://bucket/control";
  EXPECT_EQ(named("control.write").detail, "refused");
  EXPECT_THAT(places_written_, Contains("s3://bucket/control"));
  subject_.control_in_data = true;
  EXPECT_THAT(named("control.write").detail, HasSubstr("lies in the data"));
}

TEST_F(ExaminationTest, AWarehouseThatCannotBeOpenedFailsAndTheRestIsNotLookedAt) {
  EXPECT_EQ(named("warehouse").health, Health::fail);
  EXPECT_EQ(named("warehouse").fix, "start it");
  EXPECT_THAT(named("tables").detail, HasSubstr("not looked at"));
}

TEST_F(ExaminationTest, WarningsOfTheSettingsAreFindings) {
  EXPECT_EQ(named("settings").health, Health::ok);
  subject_.warnings = {"dwh.cfg line 3: key LOG_DAT is unknown; did you mean LOG_DATA?"};
  EXPECT_EQ(named("settings").health, Health::warn);
  EXPECT_EQ(named("settings").fix, "did you mean LOG_DATA?");
}

TEST_F(ExaminationTest, AStopEndsIt) {
  stop_.request(2);
  const auto findings = examine_all();
  ASSERT_FALSE(findings.ok());
  EXPECT_EQ(findings.error().kind, ErrorKind::stopped);
}

}  // namespace
}  // namespace sparkify
