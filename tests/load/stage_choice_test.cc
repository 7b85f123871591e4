#include "load/stage_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fakes/fake_warehouse.h"

namespace sparkify {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

class ReadingWarehouse : public FakeWarehouse {
 public:
  bool reads_objects() const override { return true; }
  bool can_read(const ObjectInfo& object) const override { return object.uri.starts_with("s3://"); }
};

Group group_of(std::initializer_list<std::uint64_t> sizes, const std::string& scheme = "s3://b/") {
  Group group;
  for (const std::uint64_t size : sizes) {
    const auto number = static_cast<std::int32_t>(group.objects.size() + 1);
    group.objects.push_back(
        {{scheme + std::to_string(number) + ".json", "e", size}, DataKind::logs, number});
  }
  return group;
}

StageChoice choose(StageMode mode, const Group& group, bool keeps_staging = false) {
  const ReadingWarehouse warehouse;
  return choose_stage(mode, group, keeps_staging, warehouse);
}

TEST(StageChoice, ObjectsOfTheSizesThatCopyIsMadeForGoTheDirectWay) {
  const StageChoice choice = choose(StageMode::automatic, group_of({3 * kMiB, 5 * kMiB}));
  EXPECT_TRUE(choice.is_direct);
  EXPECT_THAT(choice.reason, HasSubstr("4 MiB on average"));
}

TEST(StageChoice, ASmallObjectAmongLargeOnesDoesNotChangeThat) {
  EXPECT_TRUE(choose(StageMode::automatic, group_of({200, 2 * kMiB, 2 * kMiB})).is_direct);
}

TEST(StageChoice, SmallObjectsAreFasterAsAFewParts) {
  const StageChoice choice = choose(StageMode::automatic, group_of({kMiB, kMiB - 2}));
  EXPECT_FALSE(choice.is_direct);
  EXPECT_THAT(choice.reason, HasSubstr("COPY is slow with objects below 1 MiB"));
}

TEST(StageChoice, AnObjectThatOneSliceWouldReadAloneIsSplitByUs) {
  const StageChoice choice = choose(StageMode::automatic, group_of({1025 * kMiB}));
  EXPECT_FALSE(choice.is_direct);
  EXPECT_THAT(choice.reason, HasSubstr("one slice"));
}

TEST(StageChoice, WhoAsksForOneWayGetsItWhateverTheSizes) {
  EXPECT_TRUE(choose(StageMode::direct, group_of({10})).is_direct);
  EXPECT_FALSE(choose(StageMode::compact, group_of({4 * kMiB})).is_direct);
}

TEST(StageChoice, WhatTheWarehouseCannotReadIsReadByUs) {
  const StageChoice choice = choose(StageMode::direct, group_of({4 * kMiB}, "file:///"));
  EXPECT_FALSE(choice.is_direct);
  EXPECT_THAT(choice.reason, HasSubstr("file:///1.json"));
}

TEST(StageChoice, PlacesToBeShownAreKnownToOurDecoderAlone) {
  const StageChoice choice = choose(StageMode::direct, group_of({4 * kMiB}), true);
  EXPECT_FALSE(choice.is_direct);
  EXPECT_THAT(choice.reason, HasSubstr("--keep-staging"));
}

}  // namespace
}  // namespace sparkify
