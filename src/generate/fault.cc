#include "generate/fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

namespace sparkify {

namespace {

constexpr double kRateOfAll = 0.001;
/// Rates written in decimal may add up to a hair over 1.
constexpr double kRateSumMax = 1.0 + 1e-9;

constexpr std::array<std::string_view, kFaultKindCount> kNames{
    "bad_utf8",      "bad_json",      "bad_type",      "nul_character",     "too_long",
    "out_of_range",  "missing_field", "key_conflict",  "duplicate",         "unknown_key",
    "blank_line",    "crlf",          "bom",           "multi_line",        "same_line",
    "escaped_ascii", "raw_utf8",      "encoded_again", "other_normal_form", "utf16",
    "late_song",     "late_file",     "changed_object"};

std::string known_names() {
  return fmt::format("{}", fmt::join(kNames.begin(), kNames.end(), ", "));
}

std::optional<FaultKind> kind_named(std::string_view name) {
  for (const FaultKind kind : all_fault_kinds()) {
    if (to_string(kind) == name) return kind;
  }
  return std::nullopt;
}

std::optional<double> rate_in(std::string_view text) {
  double rate = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!(rate >= 0 && rate <= 1)) return std::nullopt;
  return rate;
}

Error usage_error(std::string_view problem) {
  return make_error(ErrorKind::usage, fmt::format("faults: {}", problem));
}

Status check_sum(std::string_view subject, double sum) {
  if (sum <= kRateSumMax) return {};
  return usage_error(
      fmt::format("the rates of {0}s add up to {1}; a {0} has at most one fault, so they must not "
                  "pass 1",
                  subject, sum));
}

/// What a text asks for, part by part.
struct Request {
  FaultRates rates;
  std::optional<double> rate_of_others;  ///< of "all"
};

/// Reads one part: "all", "all=0.01" or "bad_json=0.01".
Status parse_part(std::string_view part, Request& request) {
  const std::size_t equals = part.find('=');
  const bool has_rate = equals != std::string_view::npos;
  const std::string_view name = part.substr(0, equals);
  const std::optional<FaultKind> kind = kind_named(name);
  const bool is_all = name == "all";
  if (!kind && !is_all) {
    return usage_error(
        fmt::format("there is no kind '{}'; there are: all, {}", name, known_names()));
  }
  if (!has_rate && !is_all) {
    return usage_error(fmt::format("'{}' has no rate; write, for example, {}=0.01", name, name));
  }
  const std::string_view rate_text = has_rate ? part.substr(equals + 1) : "";
  const std::optional<double> rate = has_rate ? rate_in(rate_text) : kRateOfAll;
  if (!rate) {
    return usage_error(
        fmt::format("the rate of {} must be a number from 0 to 1, not '{}'", name, rate_text));
  }
  const bool is_new =
      is_all ? !request.rate_of_others.has_value() : request.rates.emplace(*kind, *rate).second;
  if (!is_new) return usage_error(fmt::format("{} is given twice", name));
  if (is_all) request.rate_of_others = rate;
  return {};
}

}  // namespace

std::string_view to_string(FaultKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

const std::array<FaultKind, kFaultKindCount>& all_fault_kinds() {
  static const auto kinds = [] {
    std::array<FaultKind, kFaultKindCount> list{};
    for (std::size_t i = 0; i < list.size(); ++i) list[i] = static_cast<FaultKind>(i);
    return list;
  }();
  return kinds;
}

Result<FaultRates> parse_faults(std::string_view text) {
  Request request;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    TRY(parse_part(text.substr(at, comma - at), request));
    at = comma + 1;
  }
  if (request.rate_of_others) {
    for (const FaultKind kind : all_fault_kinds()) {
      request.rates.emplace(kind, *request.rate_of_others);
    }
  }
  TRY(check_fault_rates(request.rates));
  return std::move(request.rates);
}

Status check_fault_rates(const FaultRates& rates) {
  double of_records = 0;
  double of_files = 0;
  for (const auto& [kind, rate] : rates) {
    if (!(rate >= 0 && rate <= 1)) {
      return usage_error(fmt::format("the rate of {} must be a number from 0 to 1, not {}",
                                     to_string(kind), rate));
    }
    (is_of_file(kind) ? of_files : of_records) += rate;
  }
  TRY(check_sum("record", of_records));
  return check_sum("file", of_files);
}

FaultDraw::FaultDraw(const FaultRates& rates, Subject subject) {
  for (std::size_t i = 0; i < upper_bounds_.size(); ++i) {
    const auto kind = static_cast<FaultKind>(i);
    const auto found = rates.find(kind);
    const bool is_ours = is_of_file(kind) == (subject == Subject::file);
    if (is_ours && found != rates.end()) total_ += found->second;
    upper_bounds_[i] = total_;
  }
}

std::optional<FaultKind> FaultDraw::next(Random& random) const {
  if (total_ <= 0) return std::nullopt;
  const double drawn = random.unit();
  if (drawn >= total_) return std::nullopt;
  for (std::size_t i = 0; i < upper_bounds_.size(); ++i) {
    if (drawn < upper_bounds_[i]) return static_cast<FaultKind>(i);
  }
  return std::nullopt;
}

}  // namespace sparkify
