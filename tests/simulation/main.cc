// Simulates runs, seed by seed, and says which seeds end with other tables than they must.
//   sparkify_simulation [--seeds A-B] [--seed N --verbose] [--figures FILE] [--folder DIR]

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "databases.h"
#include "simulation.h"

namespace {

using sparkify::ErrorKind;
using sparkify::make_error;
using sparkify::Result;
using sparkify::Status;
using namespace sparkify::simulation;

constexpr const char* kUsage =
    "usage: sparkify_simulation [--seeds A-B] [--seed N] [--verbose] [--figures FILE] "
    "[--folder DIR]\n"
    "  --seeds    which seeds, 1-300 unless said otherwise\n"
    "  --verbose  also print what went wrong in each seed, and what the runs said\n"
    "  --figures  add a line of JSON to FILE\n"
    "  --folder   where the databases are made and removed again; best in memory\n";

struct Arguments {
  std::uint64_t first = 1;
  std::uint64_t last = 300;
  bool is_verbose = false;
  std::string figures;
  std::string folder;
};

Result<Arguments> read_arguments(int count, char** words) {
  Arguments arguments;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--verbose") {
      arguments.is_verbose = true;
      continue;
    }
    if (i + 1 == count) return make_error(ErrorKind::usage, kUsage);
    const std::string value = words[++i];
    if (word == "--seed" || word == "--seeds") {
      char* end = nullptr;
      arguments.first = arguments.last = std::strtoull(value.c_str(), &end, 10);
      if (word == "--seeds" && *end == '-') arguments.last = std::strtoull(end + 1, &end, 10);
      if (value.empty() || *end != '\0') return make_error(ErrorKind::usage, kUsage);
    } else if (word == "--figures") {
      arguments.figures = value;
    } else if (word == "--folder") {
      arguments.folder = value;
    } else {
      return make_error(ErrorKind::usage, kUsage);
    }
  }
  return arguments;
}

/// A folder for the databases, gone when this goes. In memory where there is such a place.
class Folder {
 public:
  explicit Folder(const std::string& wanted) {
    std::error_code error;
    const bool has_memory = std::filesystem::is_directory("/dev/shm", error);
    std::string pattern = !wanted.empty() ? wanted
                          : has_memory    ? "/dev/shm"
                                          : std::filesystem::temp_directory_path().string();
    pattern += "/sparkify_simulation.XXXXXX";
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~Folder() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct Totals {
  std::uint64_t seeds = 0;
  std::uint64_t runs = 0;
  std::uint64_t calls = 0;
  std::map<std::string, std::uint64_t> by_fault;
  std::map<Finding::Kind, std::uint64_t> findings;
  std::uint64_t failures = 0;

  void add(const SeedOutcome& outcome) {
    ++seeds;
    runs += outcome.runs;
    calls += outcome.calls;
    for (const std::string& line : outcome.journal) {
      const std::size_t colon = line.rfind(": ");
      if (line.starts_with("run ") || colon == line.npos) continue;
      ++by_fault[line.substr(colon + 2)];
    }
    if (!outcome.finding) return;
    ++failures;
    ++findings[outcome.finding->kind];
  }
  std::uint64_t count(Finding::Kind kind) const {
    const auto found = findings.find(kind);
    return found == findings.end() ? 0 : found->second;
  }
};

std::string today() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[16];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d", &parts)};
}

void write_figures(const Arguments& arguments, const Totals& totals, double seconds) {
  const char* commit = std::getenv("SPARKIFY_COMMIT");
  const nlohmann::ordered_json line = {{"suite", "simulation"},
                                       {"form", totals.seeds > 1000 ? "long" : "short"},
                                       {"warehouse", "duckdb"},
                                       {"points", totals.seeds},
                                       {"by_kind", totals.by_fault},
                                       {"runs", totals.runs},
                                       {"calls", totals.calls},
                                       {"lost", totals.count(Finding::Kind::lost)},
                                       {"doubled", totals.count(Finding::Kind::doubled)},
                                       {"mixtures", totals.count(Finding::Kind::differs)},
                                       {"wrong_exit", totals.count(Finding::Kind::message)},
                                       {"failures", totals.failures},
                                       {"seconds", seconds},
                                       {"seed", arguments.first},
                                       {"date", today()},
                                       {"commit", commit == nullptr ? "unknown" : commit}};
  std::ofstream(arguments.figures, std::ios::app) << line.dump() << "\n";
}

void show(std::uint64_t seed, const SeedOutcome& outcome, bool is_verbose) {
  if (is_verbose) {
    for (const std::string& line : outcome.journal) std::printf("  %s\n", line.c_str());
  }
  if (outcome.finding) {
    std::printf("seed %llu: %s\n  again: sparkify_simulation --seed %llu --verbose\n",
                static_cast<unsigned long long>(seed), outcome.finding->text.c_str(),
                static_cast<unsigned long long>(seed));
  } else if (is_verbose) {
    std::printf("seed %llu holds\n", static_cast<unsigned long long>(seed));
  }
  std::fflush(stdout);
}

Result<Totals> simulate(const Arguments& arguments) {
  const Folder folder(arguments.folder);
  if (folder.path().empty()) return make_error(ErrorKind::config, "no folder can be made");
  TRY_ASSIGN(Databases databases, Databases::make(folder.path()));
  TRY_ASSIGN(const auto sql, sparkify::SqlLibrary::open("duckdb"));
  Totals totals;
  for (std::uint64_t seed = arguments.first; seed <= arguments.last; ++seed) {
    const SeedOutcome outcome = Simulation(seed, databases, sql).run();
    show(seed, outcome, arguments.is_verbose);
    totals.add(outcome);
    if (outcome.finding && outcome.finding->kind == Finding::Kind::machinery) break;
  }
  return totals;
}

}  // namespace

int main(int count, char** words) {
  const auto arguments = read_arguments(count, words);
  if (!arguments.ok()) {
    std::fprintf(stderr, "%s\n", arguments.error().message.c_str());
    return 2;
  }
  const auto begun = std::chrono::steady_clock::now();
  const auto totals = simulate(*arguments);
  if (!totals.ok()) {
    std::fprintf(stderr, "simulation: %s\n", totals.error().message.c_str());
    return 1;
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begun;
  if (!arguments->figures.empty()) write_figures(*arguments, *totals, seconds.count());
  std::printf("%s",
              fmt::format("{} seeds, {} runs, {} calls, {} failures, {:.1f} s\n", totals->seeds,
                          totals->runs, totals->calls, totals->failures, seconds.count())
                  .c_str());
  return totals->failures == 0 ? 0 : 1;
}
