#include "load/plan.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace sparkify {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Listed {
  std::string uri;
  LedgerMark mark = LedgerMark::fresh;
  std::uint64_t bytes = 10;
};

MarkedListing listing_of(const std::vector<Listed>& objects) {
  MarkedListing listing;
  for (const Listed& object : objects) {
    listing.objects.push_back({object.uri, "1-1", object.bytes});
    listing.marks.push_back(object.mark);
  }
  return listing;
}

/// Each group as `kind: uri#object_no ...`
std::vector<std::string> groups_of(const Plan& plan) {
  std::vector<std::string> groups;
  for (const Group& group : plan.groups) {
    std::string text = std::string(to_string(group.kind)) + ":";
    for (const PlannedObject& object : group.objects) {
      EXPECT_EQ(object.kind, group.kind);
      text += fmt::format(" {}#{}", object.info.uri, object.object_no);
    }
    groups.push_back(text);
  }
  return groups;
}

TEST(MakePlan, WithNothingListedThereIsNothingToDo) {
  const Plan plan = make_plan({}, {}, {});
  EXPECT_THAT(plan.groups, IsEmpty());
  EXPECT_EQ(plan.object_count(), 0);
  EXPECT_EQ(plan.byte_count(), 0U);
}

TEST(MakePlan, SongsComeBeforeLogsAndNumbersRunThroughAll) {
  const Plan plan = make_plan(listing_of({{"s1"}, {"s2"}}), listing_of({{"a1"}, {"a2"}}), {});
  EXPECT_THAT(groups_of(plan), ElementsAre("song: s1#1 s2#2", "log: a1#3 a2#4"));
}

TEST(MakePlan, UnchangedObjectsAreLeftOutAndGetNoNumber) {
  const Plan plan =
      make_plan(listing_of({{"s1", LedgerMark::unchanged}, {"s2", LedgerMark::changed, 7}}),
                listing_of({{"a1", LedgerMark::unchanged}, {"a2", LedgerMark::fresh, 5}}), {});
  EXPECT_THAT(groups_of(plan), ElementsAre("song: s2#1", "log: a2#2"));
  EXPECT_EQ(plan.unchanged_objects, 2);
  EXPECT_EQ(plan.changed_objects, 1);
  EXPECT_EQ(plan.changed_bytes, 7U);
  EXPECT_EQ(plan.fresh_objects, 1);
  EXPECT_EQ(plan.fresh_bytes, 5U);
  EXPECT_EQ(plan.object_count(), 2);
  EXPECT_EQ(plan.byte_count(), 12U);
}

TEST(MakePlan, AllUnchangedMakesNoGroup) {
  const Plan plan = make_plan(listing_of({{"s", LedgerMark::unchanged}}),
                              listing_of({{"a", LedgerMark::unchanged}}), {});
  EXPECT_THAT(plan.groups, IsEmpty());
  EXPECT_EQ(plan.unchanged_objects, 2);
}

TEST(MakePlan, AGroupTakesObjectsUpToItsBytes) {
  const Plan plan = make_plan(
      {}, listing_of({{"a", {}, 60}, {"b", {}, 40}, {"c", {}, 1}, {"d", {}, 99}, {"e", {}, 1}}),
      {.log_bytes_max = 100});
  EXPECT_THAT(groups_of(plan), ElementsAre("log: a#1 b#2", "log: c#3 d#4", "log: e#5"));
}

TEST(MakePlan, SongsAndLogsHaveLimitsOfTheirOwn) {
  const auto listing = [](const char* first, const char* second) {
    return listing_of({{first, {}, 60}, {second, {}, 60}});
  };
  const Plan plan = make_plan(listing("s", "t"), listing("a", "b"),
                              {.song_bytes_max = 100, .log_bytes_max = 200});
  EXPECT_THAT(groups_of(plan), ElementsAre("song: s#1", "song: t#2", "log: a#3 b#4"));
}

TEST(MakePlan, AnObjectOverTheLimitIsAGroupOfItsOwn) {
  const Plan plan = make_plan({}, listing_of({{"a", {}, 1}, {"b", {}, 500}, {"c", {}, 1}}),
                              {.log_bytes_max = 100});
  EXPECT_THAT(groups_of(plan), ElementsAre("log: a#1", "log: b#2", "log: c#3"));
}

TEST(MakePlan, NotEvenAnEmptyObjectJoinsOneOverTheLimit) {
  const Plan plan =
      make_plan({}, listing_of({{"a", {}, 500}, {"b", {}, 0}}), {.log_bytes_max = 100});
  EXPECT_THAT(groups_of(plan), ElementsAre("log: a#1", "log: b#2"));
}

TEST(MakePlan, ASizeThatNoNumberHoldsIsAGroupOfItsOwn) {
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
  GroupLimits limits{.log_bytes_max = 100};
  limits.expansion = [](std::string_view) { return 30.0; };
  const auto listing = listing_of({{"a", {}, 1}, {"b", {}, kMost}, {"c", {}, kMost}, {"d", {}, 1}});
  EXPECT_THAT(groups_of(make_plan({}, listing, limits)),
              ElementsAre("log: a#1", "log: b#2", "log: c#3", "log: d#4"));
  limits.log_bytes_max = kMost;
  EXPECT_EQ(make_plan({}, listing, limits).groups.size(), 1U);
}

TEST(MakePlan, EmptyObjectsAreLoadedToo) {
  const Plan plan = make_plan({}, listing_of({{"a", {}, 0}, {"b", {}, 100}, {"c", {}, 0}}),
                              {.log_bytes_max = 100});
  EXPECT_THAT(groups_of(plan), ElementsAre("log: a#1 b#2 c#3"));
}

TEST(MakePlan, AGroupTakesNoMoreThanItsNumberOfObjects) {
  const Plan plan = make_plan({}, listing_of({{"a"}, {"b"}, {"c"}}), {.objects_max = 2});
  EXPECT_THAT(groups_of(plan), ElementsAre("log: a#1 b#2", "log: c#3"));
}

TEST(MakePlan, GroupsAreMeasuredInTextAndThePlanInStoredBytes) {
  GroupLimits limits{.log_bytes_max = 100};
  limits.expansion = [](std::string_view name) { return name.ends_with(".gz") ? 10.0 : 1.0; };
  const Plan plan =
      make_plan({}, listing_of({{"a.gz", {}, 9}, {"b", {}, 10}, {"c", {}, 1}}), limits);
  EXPECT_THAT(groups_of(plan), ElementsAre("log: a.gz#1 b#2", "log: c#3"));
  EXPECT_EQ(plan.byte_count(), 20U);
}

TEST(MakePlan, TheLastGroupOfEachKindIsMarked) {
  const auto listing = listing_of({{"a"}, {"b"}, {"c"}});
  const Plan plan = make_plan(listing, listing, {.song_bytes_max = 20, .log_bytes_max = 10});
  std::vector<bool> marks;
  for (const Group& group : plan.groups) marks.push_back(group.is_last_of_kind);
  EXPECT_THAT(marks, ElementsAre(false, true, false, false, true));
}

TEST(MakePlan, OrderIsThatOfTheListing) {
  const Plan plan = make_plan(
      {}, listing_of({{"a/10"}, {"a/2", LedgerMark::changed}, {"a/B"}, {"a/b"}, {"\xC3\xA9"}}), {});
  EXPECT_THAT(groups_of(plan), ElementsAre("log: a/10#1 a/2#2 a/B#3 a/b#4 \xC3\xA9#5"));
}

}  // namespace
}  // namespace sparkify
