#include "generate/page_chain.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace sparkify {

namespace {

struct Way {
  Page to = Page::home;
  std::uint32_t below = 0;  ///< of a thousand; sums over the ways before and this one
};
/// The likeliest way comes first, so that a draw mostly ends there.
using Ways = std::array<Way, 8>;

Page draw(Random& random, const Ways& ways) {
  const std::uint64_t drawn = random.below(1'000);
  std::size_t i = 0;
  while (drawn >= ways[i].below) ++i;
  return ways[i].to;
}

constexpr Ways kAfterPlayFree{{{Page::next_song, 918},
                               {Page::home, 948},
                               {Page::logout, 968},
                               {Page::upgrade, 978},
                               {Page::help, 986},
                               {Page::about, 991},
                               {Page::settings, 997},
                               {Page::error, 1'000}}};
constexpr Ways kAfterPlayPaid{{{Page::next_song, 949},
                               {Page::home, 972},
                               {Page::downgrade, 979},
                               {Page::help, 985},
                               {Page::logout, 991},
                               {Page::settings, 996},
                               {Page::about, 998},
                               {Page::error, 1'000}}};
constexpr Ways kAfterHomeFree{{{Page::next_song, 892},
                               {Page::home, 930},
                               {Page::settings, 965},
                               {Page::logout, 980},
                               {Page::upgrade, 995},
                               {Page::about, 1'000}}};
constexpr Ways kAfterHomePaid{{{Page::next_song, 905},
                               {Page::settings, 940},
                               {Page::logout, 968},
                               {Page::home, 980},
                               {Page::about, 990},
                               {Page::downgrade, 1'000}}};
constexpr Ways kAfterSettings{{{Page::next_song, 580},
                               {Page::save_settings, 710},
                               {Page::settings, 830},
                               {Page::home, 910},
                               {Page::help, 970},
                               {Page::logout, 1'000}}};
constexpr Ways kAfterUpgrade{{{Page::next_song, 550}, {Page::home, 800}, {Page::upgrade, 1'000}}};
constexpr Ways kAfterDowngrade{
    {{Page::next_song, 650}, {Page::home, 890}, {Page::downgrade, 1'000}}};
constexpr Ways kAfterHelp{{{Page::next_song, 840}, {Page::home, 950}, {Page::help, 1'000}}};
constexpr Ways kAfterAbout{{{Page::home, 600}, {Page::next_song, 800}, {Page::about, 1'000}}};
constexpr Ways kAfterError{{{Page::home, 500}, {Page::next_song, 1'000}}};
constexpr Ways kHomeNext{{{Page::home, 1'000}}};

constexpr Ways kFirst{{{Page::next_song, 530},
                       {Page::home, 970},
                       {Page::login, 995},
                       {Page::about, 998},
                       {Page::help, 999},
                       {Page::error, 1'000}}};
constexpr Ways kVisitorHome{
    {{Page::login, 560}, {Page::home, 800}, {Page::about, 960}, {Page::help, 1'000}}};
constexpr Ways kVisitorOther{{{Page::login, 600}, {Page::home, 1'000}}};

const Ways& ways_after(Page page, Level level) {
  const bool is_free = level == Level::free;
  switch (page) {
    case Page::next_song:
      return is_free ? kAfterPlayFree : kAfterPlayPaid;
    case Page::home:
      return is_free ? kAfterHomeFree : kAfterHomePaid;
    case Page::settings:
      return kAfterSettings;
    case Page::upgrade:
      return kAfterUpgrade;
    case Page::downgrade:
      return kAfterDowngrade;
    case Page::help:
      return kAfterHelp;
    case Page::about:
      return kAfterAbout;
    case Page::error:
      return kAfterError;
    case Page::login:
    case Page::logout:
    case Page::save_settings:
    case Page::submit_upgrade:
    case Page::submit_downgrade:
      return kHomeNext;
  }
  SPARKIFY_ASSERT(false);
}

}  // namespace

Page draw_first_page(Random& random) { return draw(random, kFirst); }

Page draw_next_page(Random& random, Page page, Level level) {
  return draw(random, ways_after(page, level));
}

Page draw_next_page_of_visitor(Random& random, Page page) {
  if (page == Page::logout) return Page::home;
  return draw(random, page == Page::home ? kVisitorHome : kVisitorOther);
}

}  // namespace sparkify
