#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "cli/command_context.h"

namespace sparkify {

/// How far something is.
struct ProgressState {
  double share = 0;  ///< 0 to 1
  std::string text;  ///< what is done of what
};

/// Shows progress on stderr while it lives: a bar when that is a terminal, else one plain line
/// (through the log) every 10 s.
class ProgressDisplay {
 public:
  enum class Form { none, bar, lines };

  /// `look` is called from a thread of the display's own, with the seconds that have passed.
  ProgressDisplay(std::function<ProgressState(double seconds)> look, Form form);
  ~ProgressDisplay();
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  /// As the flags and the terminal want it.
  static Form form(const CommandContext& context);

 private:
  void run();
  void show(double seconds) const;

  const std::function<ProgressState(double)> look_;
  const Form form_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace sparkify
