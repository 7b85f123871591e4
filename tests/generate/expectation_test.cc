#include "generate/expectation.h"

#include <gtest/gtest.h>

namespace sparkify {
namespace {

constexpr bool kOtherTitle = true;

// The rules of the data contract about time, on a few records.
class ExpectationTest : public ::testing::Test {
 protected:
  static Event play(std::int64_t session_id, std::int64_t ts_ms, Level level = Level::free) {
    Event event;
    event.page = Page::next_song;
    event.session_id = session_id;
    event.ts_ms = ts_ms;
    event.user_no = 0;
    event.song_no = 0;
    event.level = level;
    return event;
  }
  void start_run() {
    expectation_.start_run();
    expectation_.end_songs();
  }
  const ExpectedState& state() const { return expectation_.state(); }

  const Catalogue catalogue_{1, 1, 1.0, 100};  // one song, number 0
  Expectation expectation_{2, catalogue_, true};
};

TEST_F(ExpectationTest, TheFirstPlayWithAnIdStays) {
  start_run();
  EXPECT_EQ(expectation_.add_event(play(1, 5'000), {}), Outcome::loaded);
  start_run();
  EXPECT_EQ(expectation_.add_event(play(1, 5'000), {}), Outcome::duplicate);
  EXPECT_EQ(expectation_.add_event(play(1, 6'000), {}), Outcome::rejected);
  EXPECT_EQ(state().songplays, 1);
  EXPECT_EQ(state().time, 1);
  EXPECT_EQ(state().duplicates, 1);
  EXPECT_EQ(state().rejects.at("key_conflict"), 1);
  start_run();
  EXPECT_EQ(state().duplicates, 0);
  EXPECT_TRUE(state().rejects.empty());
}

TEST_F(ExpectationTest, ACopyBeforeItsOriginalIsTheFirst) {
  start_run();
  EXPECT_EQ(expectation_.add_event(play(1, 5'000), FaultKind::duplicate), Outcome::loaded);
  EXPECT_EQ(expectation_.add_event(play(2, 9'000), FaultKind::key_conflict), Outcome::loaded);
  start_run();
  EXPECT_EQ(expectation_.add_event(play(1, 5'000), {}), Outcome::duplicate);
  EXPECT_EQ(expectation_.add_event(play(2, 8'000), {}), Outcome::rejected);
}

TEST_F(ExpectationTest, TheNewestEventTellsTheLevelAndAtATieTheFirst) {
  start_run();
  (void)expectation_.add_event(play(1, 5'000, Level::paid), {});
  EXPECT_EQ(state().paid_users, 1);
  (void)expectation_.add_event(play(1, 5'000, Level::free), {});  // the same play once more
  (void)expectation_.add_event(play(2, 4'000, Level::free), {});  // comes late
  (void)expectation_.add_event(play(1, 9'000, Level::free), {});  // a conflict changes nothing
  EXPECT_EQ(state().paid_users, 1);
  (void)expectation_.add_event(play(3, 5'000, Level::free), {});
  EXPECT_EQ(state().paid_users, 0);
  EXPECT_EQ(state().users, 1);
}

TEST_F(ExpectationTest, PlaysWaitForTheirSong) {
  start_run();
  (void)expectation_.add_event(play(1, 5'000), {});
  EXPECT_EQ(state().matched_songplays, 0);
  expectation_.start_run();
  expectation_.add_song(0, {}, kOtherTitle);
  expectation_.end_songs();
  EXPECT_EQ(state().late_matches, 0);
  expectation_.start_run();
  expectation_.add_song(0, {}, false);
  expectation_.end_songs();
  EXPECT_EQ(state().late_matches, 1);
  EXPECT_EQ(state().matched_songplays, 1);
  EXPECT_EQ(state().songs, 1);
}

TEST_F(ExpectationTest, AMatchStaysWhenTheSongChangesAndNewPlaysDoNotMatch) {
  expectation_.start_run();
  expectation_.add_song(0, {}, false);
  expectation_.end_songs();
  (void)expectation_.add_event(play(1, 5'000), {});
  expectation_.start_run();
  expectation_.add_song(0, {}, kOtherTitle);
  expectation_.end_songs();
  (void)expectation_.add_event(play(2, 6'000), {});
  EXPECT_EQ(state().matched_songplays, 1);
  EXPECT_EQ(state().songplays, 2);
}

TEST_F(ExpectationTest, TextsThatWereEncodedAgainNeverMatch) {
  start_run();
  (void)expectation_.add_event(play(1, 5'000), FaultKind::encoded_again);
  expectation_.start_run();
  expectation_.add_song(0, {}, false);
  expectation_.end_songs();
  EXPECT_EQ(state().matched_songplays, 0);
}

}  // namespace
}  // namespace sparkify
