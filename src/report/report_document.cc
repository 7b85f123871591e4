#include "report/report_document.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/time.h"
#include "base/utf8.h"
#include "base/version.h"
#include "report/analysis_rows.h"
#include "report/freshness.h"

namespace sparkify {

namespace {

using Json = nlohmann::ordered_json;

/// Wide enough for the hours of three years; a page with more is no longer quick.
constexpr AnalysisRows::Bound kOwnBound{50'000, std::size_t{4} << 20};
constexpr AnalysisRows::Bound kCustomBound{10'000, std::size_t{1} << 20};
/// From how many days on the SQL of analyses with a `long_range` gives that instead of days.
constexpr std::int64_t kLongRangeDays = 120;
constexpr std::size_t kSecondsEnd = std::string_view("2018-11-16 02:00:00").size();

Status expect_columns(const Analysis& analysis, const AnalysisRows& rows) {
  std::vector<std::string> needed{analysis.x, analysis.y, analysis.series};
  if (analysis.levels != "none") needed.emplace_back("level");
  for (const std::string& name : needed) {
    if (name.empty() || rows.has_column(name)) continue;
    return make_error(ErrorKind::config,
                      fmt::format("{}.sql: its result has no column `{}`, which its first lines "
                                  "ask for",
                                  analysis.name, printable(name)));
  }
  return {};
}

std::string day_unit(const Analysis& analysis, const AnalysisRows& rows, std::int64_t days) {
  if (!rows.has_column("day")) return {};
  return analysis.long_range.empty() || days <= kLongRangeDays ? "day" : analysis.long_range;
}

Result<Json> ask(Warehouse& warehouse, const Analysis& analysis, std::int64_t days) {
  AnalysisRows rows(analysis.is_custom ? kCustomBound : kOwnBound);
  const Status done = warehouse.read(analysis.sql, {}, rows);
  if (!done.ok()) {
    return make_error(done.error().kind,
                      fmt::format("{}.sql: {}", analysis.name, done.error().message));
  }
  TRY(expect_columns(analysis, rows));
  std::string note;
  if (rows.is_truncated()) {
    note =
        fmt::format("The result is longer; only its first {} rows are here.", rows.rows().size());
  }
  return Json{{"name", analysis.name},
              {"title", analysis.title},
              {"chart", analysis.chart},
              {"levels", analysis.levels},
              {"day_unit", day_unit(analysis, rows, days)},
              {"x", analysis.x},
              {"y", analysis.y},
              {"series", analysis.series},
              {"definition", analysis.definition},
              {"sql", analysis.sql},
              {"columns", rows.columns()},
              {"rows", rows.rows()},
              {"truncated", rows.is_truncated()},
              {"is_custom", analysis.is_custom},
              {"note", note}};
}

Status expect_different_names(std::span<const Analysis> analyses) {
  std::set<std::string_view> names;
  for (const Analysis& analysis : analyses) {
    if (names.insert(analysis.name).second) continue;
    return make_error(ErrorKind::config,
                      fmt::format("{}.sql: there is another analysis of this name; call the file "
                                  "otherwise",
                                  analysis.name));
  }
  return {};
}

}  // namespace

std::string safe_in_script(std::string_view json) {
  constexpr std::string_view kSeparatorBegin = "\xE2\x80";  // of U+2028 and U+2029
  std::string out;
  out.reserve(json.size());
  for (std::size_t at = 0; at < json.size(); ++at) {
    const char c = json[at];
    const char third = at + 2 < json.size() ? json[at + 2] : '\0';
    if (c == '<' || c == '>' || c == '&') {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else if (json.substr(at, 2) == kSeparatorBegin && (third == '\xA8' || third == '\xA9')) {
      out += third == '\xA8' ? "\\u2028" : "\\u2029";
      at += 2;
    } else {
      out += c;
    }
  }
  return out;
}

Result<std::string> report_document(Warehouse& warehouse, const SqlLibrary& sql,
                                    std::span<const Analysis> analyses,
                                    const ReportOptions& options) {
  TRY(expect_different_names(analyses));
  TRY_ASSIGN(Freshness freshness, read_freshness(warehouse, sql, options.sees_runs));
  Json answers = Json::array();
  for (const Analysis& analysis : analyses) {
    TRY_ASSIGN(Json answer, ask(warehouse, analysis, freshness.days));
    answers.push_back(std::move(answer));
  }
  const std::string made_at = format_time(options.made_at_micros).substr(0, kSecondsEnd);
  const Json document{{"format", 1},
                      {"generated_at", page_time(made_at)},
                      {"program", fmt::format("sparkify {}", program_version())},
                      {"warehouse", warehouse.display_name()},
                      {"live", options.live_version != 0},
                      {"version", options.live_version},
                      {"banner", std::move(freshness.banner)},
                      {"range", std::move(freshness.range)},
                      {"analyses", std::move(answers)}};
  return safe_in_script(document.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace sparkify
