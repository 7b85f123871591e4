#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "pipeline/progress.h"

namespace sparkify {

/// Shows a run's progress on stderr while it lives: a bar when that is a terminal, else one plain
/// line (through the log) every 10 s.
class ProgressDisplay {
 public:
  enum class Form { none, bar, lines };

  ProgressDisplay(const Progress& progress, Form form);
  ~ProgressDisplay();
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

 private:
  void run();
  void show(double seconds) const;

  const Progress& progress_;
  const Form form_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace sparkify
