#pragma once

#include "base/stop_flag.h"
#include "pipeline/interruption.h"

namespace sparkify {

/// Makes SIGINT and SIGTERM requests to stop, from now on, and gives the flag that shows them. A
/// second signal of the kind ends the program at once, which is safe at any moment.
const StopFlag& catch_stop_signals();

/// For who goes on after SIGINT, as a shell does: forgets what came so far, and from now on SIGINT
/// is a request however often it comes. SIGTERM is as above, and is not forgotten.
const StopFlag& catch_repeated_interrupts();

/// The flag, before the signals are caught.
const StopFlag& stop_request();

/// The signal that asked to stop, or 0.
int stop_signal_number();

/// Runs `work`, which uses the warehouse and gives a Result; the signals interrupt its statements,
/// so that nothing of them goes on in a server. Errors: the work's, or `stopped`.
template <typename Work>
auto run_until_signal(Warehouse& warehouse, const Work& work) -> decltype(work()) {
  return run_interruptibly(warehouse, catch_stop_signals(), work);
}

}  // namespace sparkify
