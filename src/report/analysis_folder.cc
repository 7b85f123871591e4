#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/utf8.h"
#include "report/analysis.h"

namespace sparkify {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kFilesMax = 100;
constexpr std::size_t kFileBytesMax = std::size_t{64} << 10;

Error wrong(const fs::path& path, std::string_view what) {
  return make_error(ErrorKind::config, fmt::format("{}: {}", printable(path.native()), what));
}

Result<std::string> read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kFileBytesMax + 1, '\0');
  if (file) file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.fail() && !file.eof())) return wrong(path, "cannot be read");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > kFileBytesMax) return wrong(path, "is longer than 64 KiB");
  return text;
}

Result<std::vector<fs::path>> sql_files(const std::string& folder) {
  std::vector<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() != ".sql") continue;
    if (paths.size() == kFilesMax) return wrong(folder, "has more than 100 .sql files");
    paths.push_back(entry->path());
  }
  if (error) return wrong(folder, fmt::format("cannot be read ({})", error.message()));
  if (paths.empty()) {
    return wrong(folder, "has no .sql file; give the folder with your analyses to --reports");
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

Result<std::vector<Analysis>> read_analyses(const std::string& folder) {
  TRY_ASSIGN(const auto paths, sql_files(folder));
  std::vector<Analysis> analyses;
  for (const fs::path& path : paths) {
    TRY_ASSIGN(const std::string text, read_text(path));
    TRY_ASSIGN(Analysis analysis, parse_analysis(path.native(), text, true));
    analyses.push_back(std::move(analysis));
  }
  return analyses;
}

}  // namespace sparkify
