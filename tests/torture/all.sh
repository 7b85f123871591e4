#!/usr/bin/env bash
# Runs the torture suites, one after the other. Usage: tests/torture/all.sh [--short] [NAME...]
# In their long form, unless --short; the figures go to build/torture/NAME.jsonl, a line a run.
# Installs what is missing and builds the release with its tests, unless SPARKIFY_BINARY names a program.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ -z "${SPARKIFY_BINARY-}" ]; then
  tools/install.sh build test
  cmake --preset release -DSPARKIFY_TESTS=ON
  cmake --build --preset release
fi

form=(--long)
if [ "${1-}" = --short ]; then
  form=()
  shift
fi
# A suite is what can be started; the others here are what suites share.
names=("$@")
if [ ${#names[@]} -eq 0 ]; then
  mapfile -t names < <(find tests/torture -maxdepth 1 -name '*.py' -executable -printf '%f\n' |
    sort | sed 's/\.py$//')
fi
mkdir -p build/torture
failed=()
for name in "${names[@]}"; do
  echo "==> $name"
  "tests/torture/$name.py" "${form[@]}" --figures "build/torture/$name.jsonl" || failed+=("$name")
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "==> Failed: ${failed[*]}"
  exit 1
fi
echo "==> Nothing lost, nothing twice, no one in: ${names[*]}"
