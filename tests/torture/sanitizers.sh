#!/usr/bin/env bash
# Builds the unit tests and the simulation with a sanitizer and runs them.
# Usage: tests/torture/sanitizers.sh [asan|tsan] [GTEST FILTER]
#   asan  addresses and undefined behaviour, all tests (by clang, the build that fuzz/ uses)
#   tsan  threads, all tests; those that start other programs are left to asan
set -euo pipefail
cd "$(dirname "$0")/../.."

kind=${1:-asan}
filter=${2:-*}
case "$kind" in
  asan) preset=fuzz ;;
  tsan) preset=tsan ;;
  *) echo "sanitizers: asan or tsan, not $kind" >&2; exit 2 ;;
esac

tools/install.sh build test fuzz
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset" --target sparkify_tests sparkify_simulation
# DuckDB's library is not instrumented: what it hands from thread to thread looks like a race, and
# what it keeps to the end like a leak.
export ASAN_OPTIONS=detect_leaks=0
export TSAN_OPTIONS="suppressions=$PWD/tests/torture/tsan.supp history_size=4"
"build/$preset/tests/sparkify_tests" --gtest_brief=1 --gtest_filter="$filter"
"build/$preset/tests/sparkify_simulation" --seeds 1-20
