#include "cli/stop_signals.h"

#include <csignal>

namespace sparkify {

namespace {

/// The one thing a signal handler may touch.
StopFlag stop_flag;

extern "C" void request_stop(int signal_number) { stop_flag.request(signal_number); }

}  // namespace

const StopFlag& catch_stop_signals() {
  struct sigaction action {};
  action.sa_handler = request_stop;
  sigemptyset(&action.sa_mask);
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return stop_flag;
}

const StopFlag& catch_repeated_interrupts() {
  stop_flag.forget(SIGINT);
  struct sigaction action {};
  action.sa_handler = request_stop;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGTERM, &action, nullptr);
  return stop_flag;
}

const StopFlag& stop_request() { return stop_flag; }

int stop_signal_number() { return stop_flag.signal_number(); }

}  // namespace sparkify
