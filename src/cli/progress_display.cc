#include "cli/progress_display.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/time.h"

namespace sparkify {

namespace {

constexpr std::chrono::milliseconds kBarEvery{100};
constexpr std::chrono::seconds kLineEvery{10};
constexpr std::size_t kBarCells = 24;
constexpr double kSecondsBeforeGuess = 1;

std::string time_left(double seconds, double share) {
  if (seconds < kSecondsBeforeGuess || share <= 0) return "";
  const auto left = static_cast<long>(seconds * (1 - share) / share);
  return fmt::format(", {}:{:02} left", left / 60, left % 60);
}

}  // namespace

ProgressDisplay::Form ProgressDisplay::form(const CommandContext& context) {
  if (context.flags.quiet) return Form::none;
  const bool is_terminal =
      ::isatty(STDERR_FILENO) != 0 && context.settings.log_format == LogFormat::text;
  return is_terminal ? Form::bar : Form::lines;
}

ProgressDisplay::ProgressDisplay(std::function<ProgressState(double)> look, Form form)
    : look_(std::move(look)), form_(form) {
  if (form_ != Form::none) thread_ = std::thread([this] { run(); });
}

ProgressDisplay::~ProgressDisplay() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    over_ = true;
  }
  ended_.notify_all();
  thread_.join();
  if (form_ == Form::bar) std::fputs("\r\x1b[K", stderr);
}

void ProgressDisplay::run() {
  const double begin = monotonic_seconds();
  std::unique_lock lock(mutex_);
  while (!over_) {
    if (form_ == Form::bar) {
      ended_.wait_for(lock, kBarEvery);
    } else {
      ended_.wait_for(lock, kLineEvery);
    }
    if (!over_) show(monotonic_seconds() - begin);
  }
}

void ProgressDisplay::show(double seconds) const {
  const ProgressState state = look_(seconds);
  const std::string text = state.text + time_left(seconds, state.share);
  if (form_ == Form::lines) {
    log_info(text);
    return;
  }
  const auto full = static_cast<std::size_t>(state.share * static_cast<double>(kBarCells));
  std::string bar;
  for (std::size_t i = 0; i < kBarCells; ++i) bar += i < full ? "█" : "░";
  std::fputs(fmt::format("\r\x1b[K{} {:3.0f}% {}", bar, state.share * 100, text).c_str(), stderr);
}

}  // namespace sparkify
