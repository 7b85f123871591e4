#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/command_context.h"
#include "report/analysis.h"

namespace sparkify {

/// Makes the report's document from the warehouse that the settings name. What `report` and
/// `serve` have in common.
class ReportSource {
 public:
  /// `custom_folder`  With analyses of the user's own; empty: none. Read at once, before any
  ///                  warehouse is opened, so that what is wrong with them shows first.
  /// Errors: those of read_analyses.
  static Result<ReportSource> make(const CommandContext& context, const std::string& custom_folder);

  /// Opens the warehouse, asks it all, closes it. A signal ends it.
  /// `live_version`  See ReportOptions. Errors: the warehouse's; `database`, where a server's
  ///                 document takes too long.
  Result<std::string> document(std::uint64_t live_version) const;

  /// A text that is another one whenever the document may be. For a DuckDB file that costs nothing,
  /// else a connection and a statement. Errors: the warehouse's.
  Result<std::string> sign() const;

 private:
  ReportSource(const CommandContext& context, std::vector<Analysis> custom)
      : context_(context), custom_(std::move(custom)) {}

  CommandContext context_;
  std::vector<Analysis> custom_;
};

}  // namespace sparkify
