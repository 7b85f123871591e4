#!/usr/bin/env bash
# Builds sparkify with its tests and runs all of them. Usage: ./test.sh [CTEST ARGS...]
# A fresh Debian 12 needs nothing before it; missing packages are installed (root or sudo).
set -euo pipefail
cd "$(dirname "$0")"

tools/install.sh build test
echo "==> Building with tests (build/dev)"
cmake --preset dev >build-dev.log 2>&1 || { cat build-dev.log; exit 70; }
rm -f build-dev.log
cmake --build --preset dev
echo "==> Running the tests"
ctest --test-dir build/dev --output-on-failure --parallel 2 "$@"
