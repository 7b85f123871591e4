#include "generate/session.h"

#include <algorithm>
#include <array>

namespace sparkify {

namespace {

constexpr double kShareOfVisitors = 0.08;      // sessions that begin without a login
constexpr double kShareOfVisitorLogins = 0.5;  // after each page of a visitor
constexpr double kShareOfFirstHome = 0.35;
constexpr std::int64_t kVisitorEventsMax = 6;

struct LengthClass {
  std::int64_t first;
  std::int64_t last;
};

/// How many events a session would have if nothing ended it before.
std::int64_t draw_length(Random& random) {
  constexpr std::array<LengthClass, 6> kClasses{
      {{1, 1}, {2, 4}, {5, 12}, {13, 40}, {41, 114}, {115, 200}}};
  constexpr std::array<std::uint32_t, 6> kWeights{30, 30, 20, 13, 6, 1};
  const LengthClass& drawn = kClasses[random.pick_weighted(kWeights)];
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
        level_(plan.level),
        left_(std::min(draw_length(random), plan.event_max)) {}

  void play() {
    Page page = random_.chance(kShareOfFirstHome) ? Page::home : Page::next_song;
    if (random_.chance(kShareOfVisitors)) {
      if (!visit()) return;
      page = Page::home;
    }
    while (add(page, plan_.user_no) && page != Page::logout) page = page_after(page);
  }

  Level level() const { return level_; }

 private:
  /// The pages before the login. False if the visitor never logs in.
  bool visit() {
    Page page = Page::home;
    for (std::int64_t i = 0; i < kVisitorEventsMax; ++i) {
      if (!add(page, -1)) return false;
      if (page == Page::login) return true;
      page = random_.chance(kShareOfVisitorLogins) ? Page::login : other_visitor_page();
    }
    return false;
  }

  Page other_visitor_page() {
    constexpr std::array<Page, 4> kPages{Page::home, Page::home, Page::about, Page::help};
    return random_.pick(kPages);
  }

  Page page_after(Page page) {
    if (page == Page::settings && random_.chance(0.25)) return Page::save_settings;
    if (page == Page::upgrade && random_.chance(0.4)) return Page::submit_upgrade;
    if (page == Page::downgrade && random_.chance(0.2)) return Page::submit_downgrade;
    constexpr std::array<Page, 8> kPages{Page::next_song, Page::home,   Page::settings,
                                         Page::help,      Page::about,  Page::error,
                                         Page::logout,    Page::upgrade};
    constexpr std::array<std::uint32_t, 8> kWeights{880, 45, 10, 8, 5, 3, 12, 9};
    const Page drawn = kPages[random_.pick_weighted(kWeights)];
    const bool is_upgrade_of_paid = drawn == Page::upgrade && level_ == Level::paid;
    return is_upgrade_of_paid ? Page::downgrade : drawn;
  }

  /// Adds the event if the session is not over by then. False if it is over.
  bool add(Page page, std::int32_t user_no) {
    if (left_ == 0 || ts_ms_ >= plan_.end_ms) return false;
    Event event;
    event.ts_ms = ts_ms_;
    event.session_id = plan_.session_id;
    event.item = item_++;
    event.user_no = user_no;
    event.page = page;
    event.level = level_;
    std::int64_t pause_s = random_.between(1, 90);
    if (event.is_play()) {
      event.song_no = catalogue_.draw_play(random_);
      pause_s = catalogue_.song(event.song_no).duration_e5 / 100'000;
    }
    if (page == Page::submit_upgrade) level_ = Level::paid;
    if (page == Page::submit_downgrade) level_ = Level::free;
    ts_ms_ += pause_s * 1000;
    --left_;
    events_.push_back(event);
    return true;
  }

  const SessionPlan& plan_;
  const Catalogue& catalogue_;
  Random& random_;
  std::vector<Event>& events_;
  std::int64_t ts_ms_;
  Level level_;
  std::int64_t left_;
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
