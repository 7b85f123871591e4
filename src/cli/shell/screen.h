#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sparkify {

struct ScreenSize {
  std::size_t lines = 24;
  std::size_t columns = 80;
};

/// Whether a text of whole lines can be seen at once, with a prompt behind it.
bool fits(std::string_view text, const ScreenSize& size);

/// Names in as many columns as fit.
std::string in_columns(const std::vector<std::string>& names, std::size_t width);

/// The terminal on stdout, and the pager for what does not fit on it. Shows no control character of
/// what it is given but line feeds.
class Screen {
 public:
  /// `environment` may name a pager: PAGER, a command for /bin/sh; empty: none.
  explicit Screen(const std::map<std::string, std::string>& environment);

  void show(std::string_view text) const;
  static ScreenSize size();

 private:
  std::string pager_;
};

}  // namespace sparkify
