#include "report/analysis.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/utf8.h"

namespace sparkify {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kSpace = " \t\r\n";
constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kTitleBytesMax = 200;
constexpr std::array<std::string_view, 9> kCharts = {
    "heatmap", "line", "bars", "top", "histogram", "retention", "map", "table", "kpi"};
/// The others are made for the columns of our own analyses.
constexpr std::array<std::string_view, 4> kCustomCharts = {"bars", "line", "table", "kpi"};
constexpr std::array<std::string_view, 3> kLevels = {"sum", "own", "none"};

using Header = std::map<std::string, std::string, std::less<>>;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// Takes the header off `text`: comments and empty lines up to the first other line. What a key has
/// in several lines becomes one text.
Header take_header(std::string_view& text) {
  Header header;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = trimmed(text.substr(0, end));
    if (!line.empty() && !line.starts_with("--")) break;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string& value = header[std::string(trimmed(line.substr(2, colon - 2)))];
    if (!value.empty()) value += ' ';
    value += trimmed(line.substr(colon + 1));
  }
  return header;
}

std::string take(Header& header, std::string_view key) {
  const auto found = header.find(key);
  return found == header.end() ? std::string() : std::move(found->second);
}

template <typename Names>
bool is_among(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_name(std::string_view name) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  return !name.empty() && name.size() <= kNameBytesMax &&
         std::all_of(name.begin(), name.end(), is_plain);
}

Error wrong(std::string_view file, std::string_view what) {
  return make_error(ErrorKind::config, fmt::format("{}: {}", printable(file), what));
}

Status expect_sound(const Analysis& analysis, std::string_view file) {
  if (!is_name(analysis.name)) {
    return wrong(file,
                 "the file's name should have 1 to 64 letters, digits, `_` or `-` before `.sql`");
  }
  if (analysis.title.empty() || analysis.title.size() > kTitleBytesMax) {
    return wrong(file, "its first lines should have one `-- title: ...`, of at most 200 bytes");
  }
  const bool is_known = analysis.is_custom ? is_among(kCustomCharts, analysis.chart)
                                           : is_among(kCharts, analysis.chart);
  if (!is_known) {
    const std::string given =
        analysis.chart.empty() ? "no chart" : fmt::format("`{}`", printable(analysis.chart));
    return wrong(file, fmt::format("its first lines should have `-- chart: ` and one of {}; there "
                                   "is {}",
                                   fmt::join(kCustomCharts, ", "), given));
  }
  if (!is_among(kLevels, analysis.levels)) {
    return wrong(file, fmt::format("`-- levels:` is one of sum, own, none; `{}` is not",
                                   printable(analysis.levels)));
  }
  if (analysis.sql.empty()) return wrong(file, "there is no SQL behind its first lines");
  return {};
}

}  // namespace

Result<Analysis> parse_analysis(std::string_view file, std::string_view text, bool is_custom) {
  if (!is_utf8(text)) return wrong(file, "is not UTF-8");
  if (text.find('\0') != std::string_view::npos) return wrong(file, "holds a NUL character");
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Header header = take_header(text);
  Analysis analysis;
  analysis.name = file.substr(file.rfind('/') + 1);
  if (analysis.name.ends_with(".sql")) analysis.name.resize(analysis.name.size() - 4);
  analysis.title = take(header, "title");
  analysis.chart = take(header, "chart");
  analysis.levels = take(header, "levels");
  if (analysis.levels.empty()) analysis.levels = "none";
  analysis.definition = take(header, "definition");
  analysis.x = take(header, "x");
  analysis.y = take(header, "y");
  analysis.series = take(header, "series");
  if (!is_custom) analysis.long_range = take(header, "long_range");
  analysis.sql = trimmed(text);
  analysis.is_custom = is_custom;
  TRY(expect_sound(analysis, file));
  return analysis;
}

Result<std::vector<Analysis>> built_in_analyses(const SqlLibrary& sql) {
  std::vector<std::pair<int, Analysis>> placed;
  for (const SqlModel& model : sql.folder("reports")) {
    TRY_ASSIGN(Analysis analysis, parse_analysis("sql/reports/" + model.name, model.text, false));
    placed.emplace_back(std::stoi(std::string(model.get("place"))), std::move(analysis));
  }
  std::sort(placed.begin(), placed.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Analysis> analyses;
  for (auto& [place, analysis] : placed) analyses.push_back(std::move(analysis));
  return analyses;
}

}  // namespace sparkify
