#!/usr/bin/env bash
# Builds tests with a sanitizer and runs them.
# Usage: tests/torture/sanitizers.sh [asan|tsan] [GTEST FILTER]
#        tests/torture/sanitizers.sh e2e [CTEST REGEX]
#   asan  addresses and undefined behaviour: all unit tests, some simulated runs (by clang, in the
#         build that fuzz/ uses)
#   e2e   the same watches over the program in the end-to-end tests and the torture suites; but
#         `calls`, as the sanitizer has a malloc of its own
#   tsan  threads: the unit tests that have some
set -euo pipefail
cd "$(dirname "$0")/../.."

kind=${1:-asan}
# Those of DuckDB's adapter are not among them: its library is not built with the sanitizer, which
# then takes what the library hands from thread to thread for races.
threaded='Parallel.*:LockFile*:LiveDocument*:ObjectDecoder.*:FileCrew.*:RejectSpool.*:Interruption.*:PlayStreamTest.*:TimeRows.*'
threaded+=':HttpClientTest.*:ProxyTest.*:CredentialChainTest.*:RefreshTest.*:InstanceTest.*:StsTest.*'
threaded+=':SsoTest.*:S3*:CancelTest.*:Generate.*Threads*:Generate.AWriterThatFailsEndsIt:ManyPartsTest.*:LocalStoreTest.*:LocalWriterTest.*'
case "$kind" in
  e2e)
    preset=fuzz filter=${2:-'^(e2e|oracle|torture)\.'}
    targets=(sparkify sparkify_tests sparkify_simulation duckdb_exec sign_requests faults)
    ;;
  asan) preset=fuzz filter=${2:-*} targets=(sparkify_tests sparkify_simulation) ;;
  tsan) preset=tsan filter=${2:-$threaded} targets=(sparkify_tests) ;;
  *) echo "sanitizers: asan, e2e or tsan, not $kind" >&2; exit 2 ;;
esac

tools/install.sh build test fuzz
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset" --target "${targets[@]}"
# DuckDB's library keeps things to the end, which looks like a leak.
export ASAN_OPTIONS=detect_leaks=0
if [ "$kind" = e2e ]; then
  export UBSAN_OPTIONS=halt_on_error=1
  export SPARKIFY_TEST_SANITIZER_MIB=512 # freed memory is kept for a while, to see who still uses it
  exec ctest --test-dir "build/$preset" -R "$filter" -E '^torture\.calls' --parallel "$(nproc)" \
    --output-on-failure
fi
"build/$preset/tests/sparkify_tests" --gtest_brief=1 --gtest_filter="$filter"
[ "$kind" = tsan ] || "build/$preset/tests/sparkify_simulation" --seeds 1-20
