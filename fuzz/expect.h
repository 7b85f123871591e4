#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace sparkify::fuzz {

/// Ends the target with a finding unless `holds`. libFuzzer keeps the input that led to it.
inline void expect(bool holds, std::string_view rule, std::string_view detail = {}) {
  if (holds) return;
  std::fprintf(stderr, "FINDING: %.*s\n%.*s\n", static_cast<int>(rule.size()), rule.data(),
               static_cast<int>(detail.size()), detail.data());
  std::abort();
}

inline void expect_equal(std::string_view one, std::string_view other, std::string_view rule) {
  if (one == other) return;
  expect(false, rule, "--- one\n" + std::string(one) + "\n--- other\n" + std::string(other));
}

}  // namespace sparkify::fuzz
