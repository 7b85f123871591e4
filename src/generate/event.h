#pragma once

#include <cstdint>
#include <string_view>

#include "generate/population.h"

namespace sparkify {

enum class Page : std::uint8_t {
  next_song,
  home,
  login,
  logout,
  settings,
  save_settings,
  upgrade,
  submit_upgrade,
  downgrade,
  submit_downgrade,
  help,
  about,
  error,
};

/// How a page shows in the logs.
struct PageForm {
  std::string_view name;
  std::string_view method;
  std::int32_t status;
};

const PageForm& form_of(Page page);

/// Something that happened in the app.
struct Event {
  std::int64_t ts_ms = 0;
  std::int64_t session_id = 0;
  std::int32_t item = 0;
  std::int32_t user_no = -1;  ///< -1: a visitor who is not logged in
  std::int32_t song_no = -1;  ///< of a play: its number in the catalogue
  Page page = Page::home;
  Level level = Level::free;

  bool is_play() const { return page == Page::next_song; }
};

}  // namespace sparkify
