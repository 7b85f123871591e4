#include "check/check.h"

#include <algorithm>

namespace sparkify {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::pass:
      return "pass";
    case Verdict::warn:
      return "warn";
    case Verdict::fail:
      return "fail";
  }
  SPARKIFY_ASSERT(false);
}

Result<std::vector<CheckResult>> run_checks(Warehouse& warehouse, const SqlLibrary& sql,
                                            CheckScope scope) {
  std::vector<CheckResult> results;
  for (const SqlModel& rule : sql.folder("checks")) {
    if (scope == CheckScope::after_run && rule.get("after") != "etl") continue;
    TRY_ASSIGN(const Rows rows, warehouse.query(rule.text));
    CheckResult result;
    result.name = rule.name;
    result.title = rule.get("title");
    result.violations = rows.integer(0, 0);
    if (result.violations > 0) {
      result.verdict = rule.get("severity") == "warn" ? Verdict::warn : Verdict::fail;
      result.example = rows.at(0, 1).text;
    }
    results.push_back(std::move(result));
  }
  return results;
}

bool any_failed(const std::vector<CheckResult>& results) {
  return std::any_of(results.begin(), results.end(),
                     [](const CheckResult& result) { return result.verdict == Verdict::fail; });
}

}  // namespace sparkify
