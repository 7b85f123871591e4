#!/usr/bin/env bash
# How time and memory grow with the data: logs of several sizes into a fresh DuckDB file, with little
# memory.
#
#   bench/grow_job.sh                1, 4 and 16 GB at --memory-limit 1GiB, 2 rounds; 20 GB of disk
#   bench/grow_job.sh --quick        seconds: that it runs
#
# Options:
#   --events "N N ..."               of each size (2,240,000 make 1 GB)
#   --rounds N                       of each size; before them comes one that does not count
#   --threads N --memory-limit SIZE  (2, 1GiB)
#   --build DIR                      a built sparkify (build/release)
#   --dir DIR                        where data and databases go (a new temporary folder)
#
# One size after the other, as the files of all together would not stay in the page cache. Needs bash
# and python3. Exit codes: 0 done, 1 a command failed, 2 usage.
set -euo pipefail

bench="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
readonly bench

sizes="2240000 8960000 35840000"
rounds=2
threads=2
memory_limit=1GiB
build="$(realpath -m "$bench/../build/release")"
dir=""

usage() {
  echo "grow_job.sh: $1; its first lines say what it takes" >&2
  exit 2
}

while (($# > 0)); do
  if [[ "$1" == --quick ]]; then
    sizes="20000 80000" rounds=1
    shift
    continue
  fi
  (($# > 1)) || usage "$1 is unknown or needs a value"
  case "$1" in
    --events) sizes="$2" ;;
    --rounds) rounds="$2" ;;
    --threads) threads="$2" ;;
    --memory-limit) memory_limit="$2" ;;
    --build) build="$(realpath "$2")" ;;
    --dir) dir="$(realpath -m "$2")" ;;
    *) usage "$1 is unknown" ;;
  esac
  shift 2
done

while read -r name; do unset "$name"; done < <(compgen -e SPARKIFY_ || true)
readonly sparkify="$build/sparkify"
own_dir=""
if [[ -z "$dir" ]]; then
  own_dir="$(mktemp -d)"
  dir="$own_dir"
fi
mkdir -p "$dir"
trap 'if [[ -n "$own_dir" ]]; then rm -rf "$own_dir"; else rm -rf "$dir/data"; fi' EXIT
cd "$dir" # sparkify reads ./dwh.cfg where it is started

load="$(printf '%q ' "$sparkify" create-tables --warehouse duckdb:grow.db)"
load+="&& $(printf '%q ' "$sparkify" etl --quiet --warehouse duckdb:grow.db --threads "$threads" \
  --memory-limit "$memory_limit" --log-data data/log_data --song-data data/song_data)"

echo "$("$sparkify" version), $threads threads, $memory_limit, $rounds rounds"
for events in $sizes; do
  rm -rf data
  # Users and days grow with the events; the songs do not.
  "$sparkify" generate --quiet --out data --events "$events" --users "$((events / 300 + 10))" \
    --songs 1000 --days "$((events / 24000 + 1))" >&2
  echo "$events events, $(du -sm data/log_data | cut -f 1) MiB of logs"
  "$bench/run_in_turn.py" --rounds "$rounds" --warm-ups 1 --job "$events" grow.db "$load"
done
