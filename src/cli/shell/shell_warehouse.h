#pragma once

#include <functional>
#include <optional>

#include "cli/command_context.h"
#include "cli/warehouse_factory.h"

namespace sparkify {

/// The warehouse that a shell asks, for as long as a user sits before it. Reads only, as every
/// user's SQL.
///
/// A DuckDB file is open while a statement runs and no longer: a run could not write to it
/// otherwise, and would have to wait until somebody comes back from lunch. A server's session is
/// kept, and made anew when it was lost.
class ShellWarehouse {
 public:
  explicit ShellWarehouse(const CommandContext& context) : context_(context) {}

  using Work = std::function<Status(OpenWarehouse&)>;
  /// SIGINT and SIGTERM interrupt what `work` does. Errors: the work's, those of opening,
  /// `stopped`.
  Status use(const Work& work);

 private:
  const CommandContext& context_;
  std::optional<OpenWarehouse> open_;
};

}  // namespace sparkify
