#include "base/machine.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <fstream>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

namespace sparkify {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{64} << 10;
constexpr int kCgroupDepthMax = 64;
constexpr std::size_t kCpuMaskMax = std::size_t{1} << 16;

std::string read_start(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kFileBytesMax, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return text;
}

// The first word of `text`, taken off it.
std::string_view take_word(std::string_view& text) {
  constexpr std::string_view kBlank = " \t\n";
  const std::size_t begin = std::min(text.find_first_not_of(kBlank), text.size());
  const std::size_t end = std::min(text.find_first_of(kBlank, begin), text.size());
  const std::string_view word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

// "max" (v2) and "-1" (v1) mean no limit, and are no number here.
std::optional<std::uint64_t> to_number(std::string_view word) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> number_in(const std::string& path) {
  const std::string text = read_start(path);
  std::string_view rest = text;
  return to_number(take_word(rest));
}

// Our path in the hierarchy of `controller`; "" names the one of cgroup v2.
std::optional<std::string> cgroup_path(const std::string& root, std::string_view controller) {
  const std::string text = read_start(root + "/proc/self/cgroup");
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t first = line.find(':');  // hierarchy:controller,controller:/path
    const std::size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
    if (second == line.npos) continue;
    const std::string names = "," + std::string(line.substr(first + 1, second - first - 1)) + ",";
    const std::string wanted = "," + std::string(controller) + ",";
    if (names.find(wanted) != names.npos) return std::string(line.substr(second + 1));
  }
  return std::nullopt;
}

// The directories that may hold a limit for us, from our own cgroup up to the top of `mount`.
// Inside a container the path may not be there, or lead out of what is mounted: the top still is.
std::vector<std::string> cgroup_directories(const std::string& root, std::string_view controller,
                                            const std::string& mount) {
  std::vector<std::string> directories;
  auto path = cgroup_path(root, controller);
  if (!path.has_value()) return directories;
  if (path->find("/..") != path->npos) path->clear();
  for (int depth = 0; depth < kCgroupDepthMax; ++depth) {
    while (path->ends_with('/')) path->pop_back();
    if (path->empty()) break;
    directories.push_back(root + mount + *path);
    path->resize(std::min(path->rfind('/'), path->size()));
  }
  directories.push_back(root + mount);
  return directories;
}

std::uint64_t memory_total(const std::string& root) {
  const std::string text = read_start(root + "/proc/meminfo");
  constexpr std::string_view kLabel = "MemTotal:";
  const std::size_t at = text.find(kLabel);
  if (at == text.npos) return 0;
  std::string_view rest = std::string_view(text).substr(at + kLabel.size());
  return to_number(take_word(rest)).value_or(0) * 1024;  // the file counts in kB of 1024
}

std::uint64_t usable_memory(const std::string& root) {
  std::uint64_t memory_bytes = memory_total(root);
  const auto lower_to = [&](std::optional<std::uint64_t> limit) {
    if (!limit.has_value() || *limit == 0) return;
    // Without MemTotal an absurdly large number, v1's way to say "none", must not count.
    if (memory_bytes == 0 && *limit >= (std::uint64_t{1} << 60)) return;
    memory_bytes = memory_bytes == 0 ? *limit : std::min(memory_bytes, *limit);
  };
  for (const auto& directory : cgroup_directories(root, "", "/sys/fs/cgroup")) {
    lower_to(number_in(directory + "/memory.max"));
  }
  for (const auto& directory : cgroup_directories(root, "memory", "/sys/fs/cgroup/memory")) {
    lower_to(number_in(directory + "/memory.limit_in_bytes"));
  }
  return memory_bytes;
}

unsigned affinity_processors() {
  // The kernel refuses a mask that is too small for the machine.
  for (std::size_t count = CPU_SETSIZE; count <= kCpuMaskMax; count *= 2) {
    cpu_set_t* mask = CPU_ALLOC(count);
    if (mask == nullptr) break;
    const std::size_t size_bytes = CPU_ALLOC_SIZE(count);
    const bool known = sched_getaffinity(0, size_bytes, mask) == 0;
    const int processors = known ? CPU_COUNT_S(size_bytes, mask) : 0;
    CPU_FREE(mask);
    if (processors > 0) return static_cast<unsigned>(processors);
  }
  return std::max(1U, std::thread::hardware_concurrency());
}

unsigned usable_processors(const std::string& root) {
  std::uint64_t processors = affinity_processors();
  const auto lower_to = [&](std::optional<std::uint64_t> quota,
                            std::optional<std::uint64_t> period) {
    if (!quota.has_value() || !period.has_value() || *quota == 0 || *period == 0) return;
    processors = std::min(processors, (*quota - 1) / *period + 1);
  };
  for (const auto& directory : cgroup_directories(root, "", "/sys/fs/cgroup")) {
    const std::string text = read_start(directory + "/cpu.max");  // "150000 100000", "max 100000"
    std::string_view rest = text;
    const auto quota = to_number(take_word(rest));
    lower_to(quota, to_number(take_word(rest)));
  }
  for (const auto& directory : cgroup_directories(root, "cpu", "/sys/fs/cgroup/cpu")) {
    lower_to(number_in(directory + "/cpu.cfs_quota_us"),
             number_in(directory + "/cpu.cfs_period_us"));
  }
  return static_cast<unsigned>(processors);
}

}  // namespace

Machine read_machine(const std::string& root) {
  return Machine{usable_processors(root), usable_memory(root)};
}

}  // namespace sparkify
