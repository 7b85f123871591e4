#include "generate/record_text.h"

#include <gtest/gtest.h>

#include "generate/timeline.h"

namespace sparkify {
namespace {

// Records are written in two ways: at once, or member by member where one is to be changed.
TEST(RecordText, ARecordIsTheSameWhetherWrittenAtOnceOrByMembers) {
  const Day day = *Day::parse("2018-11-01");
  const Population population(5, 300, {day.start_ms(), 30});
  const Catalogue catalogue(5, 300, 0.5, 10'000);
  const RecordText texts(population, catalogue);
  Timeline timeline({5, 4'000, 1}, day, population, catalogue);
  JsonObject object;
  for (Event event : timeline.next_day()) {
    if (event.item == 3) event.ts_ms = 253'402'300'799'999;  // as long as it can get
    std::string at_once = "before";
    texts.append_event(event, at_once);
    std::string by_members = "before";
    texts.write_event(event, object);
    object.append_to(by_members, JsonStyle::compact);
    EXPECT_EQ(at_once, by_members);
  }
}

}  // namespace
}  // namespace sparkify
