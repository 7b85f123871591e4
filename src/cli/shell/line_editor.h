#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/stop_flag.h"
#include "cli/shell/completion.h"

namespace sparkify {

/// What came of asking for a line.
struct TypedLine {
  enum class Outcome { line, interrupted, end };
  Outcome outcome = Outcome::end;
  std::string text;  ///< UTF-8, without the end of the line; of several, if an entry had several
};

/// Reads lines from the terminal on stdin: editing as in other shells, history, completion by Tab.
/// Wraps libedit. One at a time in a process.
class LineEditor {
 public:
  /// What may stand at the cursor; `before` and `after` are of this line.
  using Completer = std::function<Completion(std::string_view before, std::string_view after)>;

  virtual ~LineEditor() = default;
  /// Blocks. A request to stop ends it as `interrupted`.
  virtual TypedLine read(const std::string& prompt) = 0;
  /// Puts an entry where arrow-up finds it first.
  virtual void remember(const std::string& entry) = 0;
};

/// Errors: config, if the terminal is none to edit on.
Result<std::unique_ptr<LineEditor>> open_line_editor(LineEditor::Completer completer,
                                                     const StopFlag& stop);

}  // namespace sparkify
