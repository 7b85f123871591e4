#!/usr/bin/env bash
# How long analysts wait: the report of a large warehouse, and the page of `serve` when it is warm.
#
#   bench/report_job.sh              10 million plays of a year in DuckDB, 5 rounds
#   bench/report_job.sh --quick      seconds: that it runs, and that both forms tell the same
#
# Options:
#   --events N --users N --songs N --days N   of the data; some four of five events are plays
#   --rounds N                                how often the report is made, and the page opened
#   --threads N --memory-limit SIZE           (2, 4GiB)
#   --build DIR                               a built sparkify (build/release)
#   --dir DIR                                 where data and databases go (a new temporary folder);
#                                             a warehouse that is there from another time is used
#
# Prints seconds of each report, its bytes, and for the page of `serve`: seconds until it was sent and
# until Chromium had drawn it. Needs bash, python3, curl, node, Debian's chromium, and what tests/web needs
# (tools/install.sh test). Exit codes: 0 done, 1 a command failed or the forms differ, 2 usage.
set -euo pipefail

bench="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
readonly bench

events=12700000
users=50000
songs=50000
days=365
rounds=5
threads=2
memory_limit=4GiB
build="$(realpath -m "$bench/../build/release")"
dir=""

usage() {
  echo "report_job.sh: $1; its first lines say what it takes" >&2
  exit 2
}

while (($# > 0)); do
  if [[ "$1" == --quick ]]; then
    events=20000 users=200 songs=300 days=30 rounds=1
    shift
    continue
  fi
  (($# > 1)) || usage "$1 is unknown or needs a value"
  case "$1" in
    --events) events="$2" ;;
    --users) users="$2" ;;
    --songs) songs="$2" ;;
    --days) days="$2" ;;
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
server=""
if [[ -z "$dir" ]]; then
  own_dir="$(mktemp -d)"
  dir="$own_dir"
fi
mkdir -p "$dir"
clean_up() {
  if [[ -n "$server" ]]; then kill "$server" 2>/dev/null || true; fi
  if [[ -n "$own_dir" ]]; then rm -rf "$own_dir"; fi
}
trap clean_up EXIT
cd "$dir" # sparkify reads ./dwh.cfg where it is started

options=(--warehouse duckdb:plays.db --threads "$threads" --memory-limit "$memory_limit")
if [[ ! -e plays.db ]]; then
  "$sparkify" generate --quiet --out data --events "$events" --users "$users" --songs "$songs" \
    --days "$days" >&2
  "$sparkify" create-tables "${options[@]}" >&2
  "$sparkify" etl --quiet --log-data data/log_data --song-data data/song_data "${options[@]}" >&2
  rm -r data
fi
plays="$("$sparkify" query "${options[@]}" --format csv 'select count(*) from songplays' | tail -n 1)"
echo "$("$sparkify" version), $threads threads, $memory_limit, $plays plays, $(du -h plays.db | cut -f1) of file"

seconds() { # COMMAND...
  local begun ended
  begun="$(date +%s.%N)"
  "$@" >/dev/null
  ended="$(date +%s.%N)"
  awk -v a="$begun" -v b="$ended" 'BEGIN { printf "%.2f", b - a }'
}

reports=()
for ((round = 0; round < rounds; ++round)); do
  reports+=("$(seconds "$sparkify" report "${options[@]}" --out report.html)")
done
echo "report   seconds ${reports[*]}, $(stat -c %s report.html) bytes"

rm -f address # of another time
"$sparkify" serve "${options[@]}" >address 2>serve.log &
server=$!
for ((i = 0; i < 6000; ++i)); do
  [[ -s address ]] && break
  kill -0 "$server" 2>/dev/null || { cat serve.log >&2; exit 1; }
  sleep 0.1
done
address="$(<address)"
sent=()
for ((round = 0; round < rounds; ++round)); do sent+=("$(seconds curl -sSf "$address")"); done
echo "serve    seconds until sent ${sent[*]}"
"$bench/page_time.mjs" "$address" "$rounds"

"$sparkify" report "${options[@]}" --format json --out report.json >/dev/null
curl -sSf "${address}report.json" >served.json
python3 - report.json served.json <<'END'
import json
import sys

documents = [json.load(open(name, encoding="utf-8")) for name in sys.argv[1:]]
if documents[0]["banner"] != documents[1]["banner"] or documents[0]["analyses"] != documents[1]["analyses"]:
    sys.exit("report_job.sh: report and serve differ")
print("Both forms tell the same")
END
