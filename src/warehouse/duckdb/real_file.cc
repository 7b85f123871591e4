#include "warehouse/duckdb/real_file.h"

#include <filesystem>

namespace sparkify {

namespace {

constexpr int kLinksMax = 40;  // as many as Linux follows

}  // namespace

std::string duckdb_real_file(const std::string& path) {
  std::filesystem::path file = path;
  std::error_code error;
  for (int links = 0; links < kLinksMax; ++links) {
    const auto target = std::filesystem::read_symlink(file, error);
    if (error) return file.native();
    file = file.parent_path() / target;
  }
  return path;  // a ring of links leads nowhere
}

}  // namespace sparkify
