#include "doctor/findings_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sparkify {

namespace {

constexpr std::size_t kHealthWidth = 4;

std::size_t count_of(const std::vector<Finding>& findings, Health health) {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(),
                    [health](const Finding& each) { return each.health == health; }));
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

}  // namespace

bool any_failed(const std::vector<Finding>& findings) {
  return count_of(findings, Health::fail) > 0;
}

std::string findings_text(const std::vector<Finding>& findings, std::string_view warehouse) {
  std::size_t name_width = 0;
  for (const Finding& each : findings) name_width = std::max(name_width, each.name.size());
  // Below the detail it belongs to.
  const std::string indent(kHealthWidth + 2 + name_width + 2, ' ');
  std::string out;
  for (const Finding& each : findings) {
    out += fmt::format("{:<{}}  {:<{}}  {}\n", to_string(each.health), kHealthWidth, each.name,
                       name_width, each.detail);
    if (!each.fix.empty()) out += fmt::format("{}fix: {}\n", indent, each.fix);
  }
  return out + fmt::format("\n{}: {} ok, {}, {}\n", warehouse, count_of(findings, Health::ok),
                           counted(count_of(findings, Health::warn), "warning", "warnings"),
                           counted(count_of(findings, Health::fail), "failure", "failures"));
}

std::string findings_json(const std::vector<Finding>& findings, std::string_view warehouse) {
  nlohmann::ordered_json checks = nlohmann::ordered_json::array();
  for (const Finding& each : findings) {
    checks.push_back({{"name", each.name},
                      {"verdict", to_string(each.health)},
                      {"detail", each.detail},
                      {"fix", each.fix}});
  }
  const nlohmann::ordered_json document{{"format", "sparkify.doctor/1"},
                                        {"warehouse", warehouse},
                                        {"passed", !any_failed(findings)},
                                        {"checks", checks}};
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace sparkify
