#!/usr/bin/env bash
# Builds the fuzz targets and runs each for a while, two at a time, from its seeds and what earlier
# runs found (build/fuzz/corpus). Fails on a finding, and prints how to run it again.
# Usage: fuzz/run.sh [--figures FILE] [--seed N] [SECONDS] [TARGET...]
#   60 seconds and all targets, unless said otherwise. FILE gets a line of JSON for each target, with
#   the processor's seconds too, as an hour on a busy machine is not an hour of tries. With a seed
#   the same inputs are tried in the same order, as far as the time goes, if there is no corpus of
#   earlier runs: a change is then not stopped by what was always there.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=60
figures=
seed=0 # libFuzzer's word for another one each time
while [ $# -gt 0 ]; do
  case "$1" in
    --figures) figures=$2 && shift ;;
    --seed) seed=$2 && shift ;;
    [0-9]*) seconds=$1 ;;
    *) break ;;
  esac
  shift
done
targets=("$@")
if [ "${#targets[@]}" -eq 0 ]; then
  for source in fuzz/fuzz_*.cc; do targets+=("$(basename "$source" .cc)"); done
fi

built=build/fuzz/fuzz
found=build/fuzz/findings
logs=build/fuzz/logs
options=(-max_len=4096 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=1)

build() {
  tools/install.sh build test fuzz
  cmake --preset fuzz >/dev/null
  cmake --build --preset fuzz --target "${targets[@]}"
}

stat_of() { # LOG NAME
  sed -n "s/^stat::$2: *//p" "$1" | tail -n 1
}

report() { # TARGET: what its log says, as a line for people and, if asked for, one of JSON
  local log="$logs/$1.log" runs coverage user system
  read -r user system <"$logs/$1.time"
  runs=$(stat_of "$log" number_of_executed_units)
  coverage=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
  echo "$1: ${runs:-0} executions, ${coverage:-0} edges covered, ${seconds} s ($((user + system)) s of processor), nothing found"
  [ -n "$figures" ] || return 0
  printf '{"suite": "fuzzing", "target": "%s", "executions": %s, "edges": %s, "seconds": %s, "processor_seconds": %s, "findings": 0, "date": "%s", "commit": "%s"}\n' \
    "$1" "${runs:-0}" "${coverage:-0}" "$seconds" $((user + system)) "$(date -u +%Y-%m-%d)" \
    "$(git rev-parse --short HEAD 2>/dev/null || echo unknown)" >>"$figures"
}

fuzz() { # TARGET
  local work="build/fuzz/corpus/$1"
  local TIMEFORMAT='%0U %0S'
  mkdir -p "$work" "$found" "$logs"
  if { time "$built/$1" "${options[@]}" "-seed=$seed" "-max_total_time=$seconds" \
    "-artifact_prefix=$found/$1-" "$work" "fuzz/corpus/$1" >"$logs/$1.log" 2>&1; } 2>"$logs/$1.time"; then
    report "$1"
    return 0
  fi
  tail -n 60 "$logs/$1.log"
  local input
  input=$(sed -n 's/.*Test unit written to //p' "$logs/$1.log" | tail -n 1)
  echo "$1: FOUND something; again: $built/$1 ${input:-(no input was kept, see $logs/$1.log)}"
  return 1
}

build
status=0
running=0
for target in "${targets[@]}"; do
  if [ "$running" -ge 2 ]; then
    wait -n || status=1
    running=$((running - 1))
  fi
  fuzz "$target" &
  running=$((running + 1))
done
while [ "$running" -gt 0 ]; do
  wait -n || status=1
  running=$((running - 1))
done
exit "$status"
