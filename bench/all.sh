#!/usr/bin/env bash
# Every benchmark of the speed of loads, one after another: `make bench`. Some forty minutes and up
# to 25 GB of disk; with --quick a minute: that all of them run, and that the results agree.
#
#   bench/all.sh [--quick] [--build DIR]
#
# Exit codes: 0 done, 1 a command failed or results differ, 2 usage.
set -euo pipefail

bench="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
readonly bench

quick=()
build=()
while (($# > 0)); do
  case "$1" in
    --quick) quick=(--quick) ;;
    --build)
      (($# > 1)) || exit 2
      build=(--build "$2")
      shift
      ;;
    *)
      echo "all.sh: $1 is unknown; its first lines say what it takes" >&2
      exit 2
      ;;
  esac
  shift
done

run() {
  echo
  echo "== $*"
  "$bench/$1" "${quick[@]}" "${build[@]}" "${@:2}"
}

if ((${#quick[@]} > 0)); then
  run main_job.sh
else
  run main_job.sh --events 2190000 --users 20000 --songs 100000 --rounds 3 # the whole job, 1 GB
  run main_job.sh --events 8760000 --users 20000 --songs 1 --rounds 3      # logs alone, 4 GB
  run main_job.sh --events 10 --users 10 --songs 100000 --rounds 3         # songs alone
fi
run day_job.sh
run grow_job.sh
run postgres_job.sh
run report_job.sh
