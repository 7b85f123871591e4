#include "generate/session.h"

#include <algorithm>
#include <array>

#include "generate/page_chain.h"
#include "generate/waiting.h"

namespace sparkify {

namespace {

constexpr double kShareOfFirstHomeAsVisitor = 0.065;
constexpr double kShareOfChangesOfLevel = 0.4;  // after each page, by who wants another level
constexpr std::int64_t kLengthToChangeLevel = 5;
constexpr double kShareWithinSong = 0.85;  // of the other pages after a play
constexpr std::int64_t kPauseMeanS = 140;

struct LengthClass {
  std::int64_t first;
  std::int64_t last;
};

/// How many events a session would have if nothing ended it before.
std::int64_t draw_length(Random& random, Level level) {
  constexpr std::array<LengthClass, 8> kClasses{
      {{1, 1}, {2, 2}, {3, 4}, {5, 8}, {9, 21}, {22, 45}, {46, 90}, {91, 200}}};
  constexpr std::array<std::uint32_t, 8> kFree{370, 260, 220, 105, 35, 9, 1, 0};
  constexpr std::array<std::uint32_t, 8> kPaid{70, 50, 80, 140, 280, 200, 150, 30};
  const LengthClass& drawn = kClasses[random.pick_weighted(level == Level::free ? kFree : kPaid)];
  return random.between(drawn.first, drawn.last);
}

/// One session on its way.
class SessionPlayer {
 public:
  SessionPlayer(const SessionPlan& plan, const Catalogue& catalogue, Random& random,
                std::vector<Event>& events)
      : plan_(plan),
        catalogue_(catalogue),
        random_(random),
        events_(events),
        ts_ms_(plan.start_ms),
        level_(plan.level) {
    set_length(draw_length(random, plan.level));
    if (plan.wants_other_level) set_length(std::max(length_, kLengthToChangeLevel));
  }

  void play() {
    Page page = draw_first_page(random_);
    is_visitor_ =
        page == Page::login || (page == Page::home && random_.chance(kShareOfFirstHomeAsVisitor));
    while (item_ < length_ && ts_ms_ < plan_.end_ms) {
      add(page);
      const Page next = page_after(page);
      ts_ms_ += pause_between(page, next);
      page = next;
    }
  }

  Level level() const { return level_; }

 private:
  void set_length(std::int64_t length) { length_ = std::min(length, plan_.event_max); }

  Page page_after(Page page) {
    if (is_visitor_) return draw_next_page_of_visitor(random_, page);
    const bool wants_change = plan_.wants_other_level && level_ == plan_.level;
    if (wants_change) {
      if (page == Page::upgrade) return Page::submit_upgrade;
      if (page == Page::downgrade) return Page::submit_downgrade;
      if (form_of(page).status == 200 && random_.chance(kShareOfChangesOfLevel)) {
        return level_ == Level::free ? Page::upgrade : Page::downgrade;
      }
    }
    return draw_next_page(random_, page, level_);
  }

  /// In milliseconds. Songs are played to their ends, also while other pages are looked at.
  std::int64_t pause_between(Page page, Page next) {
    if (next == Page::next_song && song_end_ms_ > ts_ms_) return song_end_ms_ - ts_ms_;
    const std::int64_t left_of_song_s = (song_end_ms_ - ts_ms_) / 1000;
    if (page == Page::next_song && left_of_song_s > 1) {
      if (random_.chance(kShareWithinSong)) {
        const std::int64_t latest_s = random_.between(1, left_of_song_s);  // mostly soon
        return random_.between(1, latest_s) * 1000;
      }
      return (left_of_song_s + draw_waiting(random_, kPauseMeanS)) * 1000;
    }
    return (1 + draw_waiting(random_, next == Page::login ? 5 : kPauseMeanS)) * 1000;
  }

  void add(Page page) {
    Event event;
    event.ts_ms = ts_ms_;
    event.session_id = plan_.session_id;
    event.item = item_++;
    event.user_no = is_visitor_ ? -1 : plan_.user_no;
    event.page = page;
    event.level = level_;
    if (event.is_play()) {
      event.song_no = catalogue_.draw_play(random_);
      const std::int64_t length_s = catalogue_.song(event.song_no).duration_e5 / 100'000;
      song_end_ms_ = ts_ms_ + length_s * 1000;
    }
    events_.push_back(event);
    if (page == Page::login) is_visitor_ = false;
    if (page == Page::logout) is_visitor_ = true;
    if (page == Page::submit_upgrade) change_to(Level::paid);
    if (page == Page::submit_downgrade) change_to(Level::free);
  }

  /// Who has just paid stays for a while; who pays no more, not for long.
  void change_to(Level level) {
    level_ = level;
    set_length(item_ + draw_length(random_, level));
  }

  const SessionPlan& plan_;
  const Catalogue& catalogue_;
  Random& random_;
  std::vector<Event>& events_;
  std::int64_t ts_ms_;
  std::int64_t song_end_ms_ = 0;
  Level level_;
  bool is_visitor_ = false;
  std::int64_t length_ = 1;
  std::int32_t item_ = 0;
};

}  // namespace

Level play_session(const SessionPlan& plan, const Catalogue& catalogue, Random& random,
                   std::vector<Event>& events) {
  SessionPlayer player(plan, catalogue, random, events);
  player.play();
  return player.level();
}

}  // namespace sparkify
