#include "cli/shell/shell_warehouse.h"

#include <utility>

#include "cli/stop_signals.h"

namespace sparkify {

Status ShellWarehouse::use(const Work& work) {
  if (!open_) {
    TRY_ASSIGN(open_, open_warehouse(context_, WarehouseUse::user_sql));
  }
  // Opening may have run a command that gives the password, which catches signals in its own way.
  const StopFlag& stop = stop_request().is_set() ? stop_request() : catch_repeated_interrupts();
  const Status done = run_interruptibly(*open_->warehouse, stop, [&] { return work(*open_); });
  if (!open_->warehouse->transport()) open_.reset();
  return done;
}

}  // namespace sparkify
