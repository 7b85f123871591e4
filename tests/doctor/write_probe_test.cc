#include "doctor/write_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <set>

namespace sparkify {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kPlace = "s3://bucket/log";

/// A place in S3, with rights; writers come and go.
struct Place {
  bool may_write = true;
  bool may_remove = true;
  std::optional<Error> lost;  ///< what a write says that took place nevertheless
  std::set<std::string> objects;
  int removals = 0;

  OpenWriter opener() {
    return [this](const std::string& place) -> Result<std::unique_ptr<ObjectWriter>> {
      EXPECT_EQ(place, kPlace);
      return std::unique_ptr<ObjectWriter>(std::make_unique<Writer>(*this));
    };
  }

  class Writer : public ObjectWriter {
   public:
    explicit Writer(Place& place) : place_(place) {}
    Status write(std::string_view name, std::string_view /*bytes*/) override {
      if (!place_.may_write) return make_error(ErrorKind::source, "PUT refused; ask for it");
      place_.objects.emplace(name);
      if (place_.lost) return *place_.lost;
      return {};
    }
    Result<bool> write_if_allowed(std::string_view name, std::string_view bytes) override {
      if (!place_.may_write) return false;
      TRY(write(name, bytes));
      return true;
    }
    Status remove(std::string_view name) override {
      ++place_.removals;
      if (!place_.may_remove) return make_error(ErrorKind::source, "DELETE refused");
      place_.objects.erase(std::string(name));
      return {};
    }

   private:
    Place& place_;
  };
};

TEST(WriteProbe, ARefusedWriteBelowTheDataIsWell) {
  Place place;
  place.may_write = false;
  EXPECT_EQ(check_write_refused("log_data.write", kPlace, place.opener()).health, Health::ok);
  EXPECT_EQ(place.removals, 0);
}

TEST(WriteProbe, AWriteThatIsAllowedIsTakenBackAndIsAWarning) {
  Place place;
  const Finding finding = check_write_refused("log_data.write", kPlace, place.opener());
  EXPECT_EQ(finding.health, Health::warn);
  EXPECT_THAT(finding.detail, HasSubstr(kPlace));
  EXPECT_TRUE(place.objects.empty());
}

TEST(WriteProbe, WhatCannotBeTakenBackIsNamed) {
  Place place;
  place.may_remove = false;
  const Finding below_data = check_write_refused("log_data.write", kPlace, place.opener());
  EXPECT_EQ(below_data.health, Health::warn);
  ASSERT_EQ(place.objects.size(), 1U);
  EXPECT_THAT(below_data.fix, HasSubstr(std::string(kPlace) + "/" + *place.objects.begin()));
  EXPECT_EQ(check_write_allowed("control.write", kPlace, place.opener()).health, Health::fail);
}

TEST(WriteProbe, AWriteThatMayHaveTakenPlaceIsTakenBack) {
  Place place;
  place.lost = make_error(ErrorKind::unreachable, "cut in the middle; look at the network");
  const Finding below_data = check_write_refused("log_data.write", kPlace, place.opener());
  EXPECT_EQ(below_data.health, Health::warn);
  EXPECT_EQ(below_data.fix, "look at the network");
  EXPECT_TRUE(place.objects.empty());
  EXPECT_EQ(check_write_allowed("control.write", kPlace, place.opener()).health, Health::fail);
  EXPECT_TRUE(place.objects.empty());
}

TEST(WriteProbe, AControlAreaMustTakeWritingAndRemoving) {
  Place place;
  EXPECT_EQ(check_write_allowed("control.write", kPlace, place.opener()).health, Health::ok);
  EXPECT_TRUE(place.objects.empty());
  EXPECT_EQ(place.removals, 1);
  place.may_write = false;
  const Finding finding = check_write_allowed("control.write", kPlace, place.opener());
  EXPECT_EQ(finding.health, Health::fail);
  EXPECT_EQ(finding.fix, "ask for it");
}

TEST(WriteProbe, ItsNameIsHiddenAndNobodyElses) {
  const std::string first = probe_name();
  EXPECT_THAT(first, StartsWith(".sparkify-doctor-probe-"));
  EXPECT_EQ(first.find('/'), std::string::npos);
  while (probe_name() == first) {  // in another microsecond
  }
}

TEST(WriteProbe, TheFolderOfALocation) {
  for (const auto& [location, folder] : std::vector<std::pair<std::string, std::string>>{
           {"s3://bucket", "s3://bucket"},
           {"s3://bucket/", "s3://bucket"},
           {"s3://bucket/log", "s3://bucket/log"},
           {"s3://bucket/log/", "s3://bucket/log"},
           {"s3://bucket/log/2018/a.json", "s3://bucket/log/2018"},
           {"s3://bucket/log/a.ndjson.gz", "s3://bucket/log"},
           {"s3://bucket/a.json", "s3://bucket"},
           {"s3://bucket/log/2018/1*", "s3://bucket/log/2018"},
           {"s3://bucket/log/20*/1?", "s3://bucket/log"},
           {"s3://bucket/log[12]", "s3://bucket"},
           {"s3://bucket/*", "s3://bucket"},
       }) {
    EXPECT_EQ(data_folder(location), folder) << location;
  }
}

}  // namespace
}  // namespace sparkify
