#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sql/sql_library.h"
#include "warehouse/warehouse.h"

namespace sparkify {

enum class Verdict { pass, warn, fail };

std::string_view to_string(Verdict verdict);

/// What one data-quality rule (a file of sql/checks) says of the warehouse.
struct CheckResult {
  std::string name;   ///< of the file
  std::string title;  ///< the rule as a sentence
  Verdict verdict = Verdict::pass;
  std::int64_t violations = 0;
  std::string example;  ///< the key of one violation, if there is any
};

/// Which rules: those cheap enough for the end of every run, or all of them.
enum class CheckScope { after_run, all };

/// Runs the rules, in order of their names. Errors are the warehouse's.
Result<std::vector<CheckResult>> run_checks(Warehouse& warehouse, const SqlLibrary& sql,
                                            CheckScope scope);

/// Whether any rule failed; a warning is no failure.
bool any_failed(const std::vector<CheckResult>& results);

}  // namespace sparkify
