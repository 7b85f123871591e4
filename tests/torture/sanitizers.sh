#!/usr/bin/env bash
# Builds tests with a sanitizer and runs them.
# Usage: tests/torture/sanitizers.sh [asan|tsan] [GTEST FILTER]
#   asan  addresses and undefined behaviour: all unit tests, some simulated runs (by clang, in the
#         build that fuzz/ uses)
#   tsan  threads: the unit tests that have some
set -euo pipefail
cd "$(dirname "$0")/../.."

kind=${1:-asan}
# Those of DuckDB's adapter are not among them: its library is not built with the sanitizer, which
# then takes what the library hands from thread to thread for races.
threaded='ObjectDecoder.*:FileCrew.*:RejectSpool.*:Interruption.*:PlayStreamTest.*:TimeRows.*'
threaded+=':HttpClientTest.*:ProxyTest.*:CredentialChainTest.*:RefreshTest.*:InstanceTest.*:StsTest.*'
threaded+=':SsoTest.*:S3*:CancelTest.*:ManyPartsTest.*:LocalStoreTest.*:LocalWriterTest.*'
case "$kind" in
  asan) preset=fuzz filter=${2:-*} targets=(sparkify_tests sparkify_simulation) ;;
  tsan) preset=tsan filter=${2:-$threaded} targets=(sparkify_tests) ;;
  *) echo "sanitizers: asan or tsan, not $kind" >&2; exit 2 ;;
esac

tools/install.sh build test fuzz
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset" --target "${targets[@]}"
# DuckDB's library keeps things to the end, which looks like a leak.
export ASAN_OPTIONS=detect_leaks=0
"build/$preset/tests/sparkify_tests" --gtest_brief=1 --gtest_filter="$filter"
[ "$kind" = tsan ] || "build/$preset/tests/sparkify_simulation" --seeds 1-20
