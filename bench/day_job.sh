#!/usr/bin/env bash
# One more day into a year in DuckDB, beside loading the whole year anew; and how long the program
# takes to say something.
#
#   bench/day_job.sh                 a year of 8,760,000 events (4 GB) and its last day, 5 rounds
#   bench/day_job.sh --quick         seconds: that it runs, and that the tables agree
#
# Options:
#   --events N --users N --songs N   of the year
#   --rounds N                       how often; before them comes one round that does not count
#   --threads N --memory-limit SIZE  (2, 4GiB)
#   --build DIR                      a built sparkify (build/release)
#   --dir DIR                        where data and databases go (a new temporary folder)
#
# The day has about a 365th of the events. Needs bash and python3. Exit codes: 0 done, 1 a command
# failed or the tables differ, 2 usage.
set -euo pipefail

bench="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
readonly bench

events=8760000
users=20000
songs=50000
rounds=5
threads=2
memory_limit=4GiB
build="$(realpath -m "$bench/../build/release")"
dir=""

usage() {
  echo "day_job.sh: $1; its first lines say what it takes" >&2
  exit 2
}

while (($# > 0)); do
  if [[ "$1" == --quick ]]; then
    events=20000 users=200 songs=300 rounds=1
    shift
    continue
  fi
  (($# > 1)) || usage "$1 is unknown or needs a value"
  case "$1" in
    --events) events="$2" ;;
    --users) users="$2" ;;
    --songs) songs="$2" ;;
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
trap 'if [[ -n "$own_dir" ]]; then rm -rf "$own_dir"; fi' EXIT
cd "$dir" # sparkify reads ./dwh.cfg where it is started

"$sparkify" generate --quiet --out data --events "$events" --users "$users" --songs "$songs" \
  --days 365 >&2
last="$(find data/log_data -name '*.json' | sort | tail -n 1)"
etl="$(printf '%q ' "$sparkify" etl --quiet --log-data data/log_data --song-data data/song_data \
  --threads "$threads" --memory-limit "$memory_limit")"
whole="$(printf '%q ' "$sparkify" create-tables --warehouse duckdb:whole.db)"

mv "$last" last-day.json
"$sparkify" create-tables --warehouse duckdb:year.db >&2
eval "$etl --warehouse duckdb:year.db" >&2
mv last-day.json "$last"
day_events="$(wc -l <"$last")"

echo "$("$sparkify" version), $threads threads, $memory_limit, a year of $events events and" \
  "$songs songs, its last day of $day_events, $rounds rounds"
"$bench/run_in_turn.py" --rounds "$rounds" --warm-ups 1 \
  --job "one more day" day.db "$etl --warehouse duckdb:day.db" \
  --before "one more day" "cp year.db day.db" \
  --job "the year anew" whole.db "$whole && $etl --warehouse duckdb:whole.db" \
  --job "nothing new" - "$etl --warehouse duckdb:whole.db" \
  --job "status" - "$(printf '%q ' "$sparkify" status --warehouse duckdb:whole.db)" \
  --job "help" - "$(printf '%q ' "$sparkify" --help)"

counts="select (select count(*) from songplays) as plays, (select count(*) from users) as users,
  (select count(*) from time) as times, (select sum(songplay_id) from songplays) as ids,
  (select count(*) from unmatched_songplays) as unmatched"
day="$("$sparkify" query --warehouse duckdb:day.db --format csv "$counts")"
year="$("$sparkify" query --warehouse duckdb:whole.db --format csv "$counts")"
if [[ "$day" != "$year" ]]; then
  printf 'day_job.sh: the tables differ\n  day by day %s\n  at once    %s\n' "$day" "$year" >&2
  exit 1
fi
echo "Both ways give the same tables: $(tail -n 1 <<<"$day")"
