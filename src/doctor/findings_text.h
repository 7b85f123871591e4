#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "doctor/finding.h"

namespace sparkify {

bool any_failed(const std::vector<Finding>& findings);

/// A line a finding, in columns, its fix indented below it; how many of which at the end.
/// `warehouse`: its URL, safe to print.
std::string findings_text(const std::vector<Finding>& findings, std::string_view warehouse);

/// One JSON document; its `format` is "sparkify.doctor/1".
std::string findings_json(const std::vector<Finding>& findings, std::string_view warehouse);

}  // namespace sparkify
