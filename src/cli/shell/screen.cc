#include "cli/shell/screen.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/utf8.h"
#include "cli/output.h"
#include "cli/shell/terminal_program.h"

namespace sparkify {

namespace {

constexpr const char* kDefaultPager = "less -S";
/// What /bin/sh answers where the program is not there or may not be run.
constexpr int kExitNotRunnable = 126;
constexpr int kExitNotFound = 127;
constexpr std::size_t kGap = 2;

}  // namespace

bool fits(std::string_view text, const ScreenSize& size) {
  std::size_t lines = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    if (++lines >= size.lines || display_width(line) > size.columns) return false;
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return true;
}

std::string in_columns(const std::vector<std::string>& names, std::size_t width) {
  std::size_t widest = 1;
  for (const std::string& name : names) widest = std::max(widest, display_width(name));
  const std::size_t per_line = std::max<std::size_t>(1, (width + kGap) / (widest + kGap));
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += names[i];
    const bool ends_line = i + 1 == names.size() || (i + 1) % per_line == 0;
    text += ends_line ? "\n" : std::string(widest + kGap - display_width(names[i]), ' ');
  }
  return text;
}

Screen::Screen(const std::map<std::string, std::string>& environment) : pager_(kDefaultPager) {
  const auto pager = environment.find("PAGER");
  if (pager != environment.end()) pager_ = pager->second;
}

ScreenSize Screen::size() {
  winsize found{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &found) != 0 || found.ws_row == 0 || found.ws_col == 0) {
    return {};
  }
  return {found.ws_row, found.ws_col};
}

void Screen::show(std::string_view text) const {
  const std::string safe = printable_lines(text);
  if (!pager_.empty() && !fits(safe, size())) {
    std::fflush(stdout);
    const auto code = run_terminal_program({"/bin/sh", "-c", pager_}, safe);
    // One that is not there has shown nothing.
    if (code.ok() && *code != kExitNotRunnable && *code != kExitNotFound) return;
  }
  print(safe);
  std::fflush(stdout);
}

}  // namespace sparkify
