#!/usr/bin/env bash
# The main job, by sparkify and by DuckDB's read_json, in turn on the same generated data; and the
# floor below it, which only parses the same files.
#
#   bench/main_job.sh                 200 MB of logs and 10,000 songs, 7 rounds
#   bench/main_job.sh --quick         a few seconds: that it runs, and that the tables agree
#   bench/main_job.sh --events 2190000 --users 20000 --songs 100000 --rounds 3    1 GB
#
# Options:
#   --events N --users N --songs N    of the data (`sparkify generate`)
#   --rounds N --warm-ups N           how often; warm-ups do not count
#   --threads N --memory-limit SIZE   for each that takes them (2, 4GiB)
#   --build DIR                       a built sparkify and its DuckDB (build/release)
#   --sparkify FILE --job FILE        other programs than those of --build
#   --dir DIR                         where data and databases go (a new temporary folder)
#   --keep                            leave them there, for the next time
#   --results FILE                    every run's figures, as JSON
#
# Needs bash, python3, and g++ if --build has no bench/read_json_job.
# Exit codes: 0 done, 1 a command failed or the tables differ, 2 usage.
set -euo pipefail

bench="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
readonly bench
readonly warehouse_source="$bench/../src/warehouse/duckdb/duckdb_warehouse.cc"

# The columns of the data contract.
declare -rA columns=(
  [songplays]="songplay_id start_time user_id level song_id artist_id session_id location user_agent"
  [users]="user_id first_name last_name gender level last_event_at last_event_key"
  [songs]="song_id title artist_id year duration artist_name"
  [artists]="artist_id name location latitude longitude"
  [time]="start_time hour day week month year weekday"
  [unmatched_songplays]="songplay_id song artist length"
)

events=440000
users=5000
songs=10000
rounds=7
warm_ups=1
threads=2
memory_limit=4GiB
build="$(realpath -m "$bench/../build/release")"
sparkify=""
job=""
dir=""
keep=false
results=""

usage() {
  echo "main_job.sh: $1; its first lines say what it takes" >&2
  exit 2
}

while (($# > 0)); do
  case "$1" in
    --keep)
      keep=true
      shift
      continue
      ;;
    --quick)
      events=20000 users=200 songs=300 rounds=1 warm_ups=0
      shift
      continue
      ;;
  esac
  (($# > 1)) || usage "$1 is unknown or needs a value"
  case "$1" in
    --events) events="$2" ;;
    --users) users="$2" ;;
    --songs) songs="$2" ;;
    --rounds) rounds="$2" ;;
    --warm-ups) warm_ups="$2" ;;
    --threads) threads="$2" ;;
    --memory-limit) memory_limit="$2" ;;
    --build) build="$(realpath "$2")" ;;
    --sparkify) sparkify="$(realpath "$2")" ;;
    --job) job="$(realpath "$2")" ;;
    --dir) dir="$(realpath -m "$2")" ;;
    --results) results="$(realpath -m "$2")" ;;
    *) usage "$1 is unknown" ;;
  esac
  shift 2
done

sparkify="${sparkify:-$build/sparkify}"
storage_version="$(sed -n 's/.*kStorageVersion = "\(.*\)";.*/\1/p' "$warehouse_source")"
readonly storage_version
[[ -n "$storage_version" ]] || usage "kStorageVersion is not in $warehouse_source"

# Settings of the person who runs this must not count.
while read -r name; do unset "$name"; done < <(compgen -e SPARKIFY_ || true)

clean_up() {
  "$keep" && return
  if [[ -n "$own_dir" ]]; then
    rm -rf "$own_dir"
  else
    rm -rf "$dir/data" "$dir"/{sparkify,default,tuned}.db* "$dir"/{read_json_job,parse_only} "$dir/data.options"
  fi
}

own_dir=""
if [[ -z "$dir" ]]; then
  own_dir="$(mktemp -d)"
  dir="$own_dir"
fi
mkdir -p "$dir"
trap clean_up EXIT
# sparkify reads ./dwh.cfg where it is started.
cd "$dir"

make_data() {
  local options="--events $events --users $users --songs $songs"
  [[ -f data.options && "$(<data.options)" == "$options" ]] && return
  rm -rf data data.options
  echo "Making the data ($options) ..." >&2
  # shellcheck disable=SC2086  # several words
  "$sparkify" generate --out data $options >&2
  echo "$options" >data.options
}

build_jobs() {
  job="${job:-$build/bench/read_json_job}"
  floor="$build/bench/parse_only"
  if [[ ! -x "$job" ]]; then
    job="$dir/read_json_job"
    "${CXX:-g++}" -std=c++20 -O2 -I"$build/duckdb_include" "$bench/read_json_job.cc" -o "$job" \
      "$build/lib/libduckdb.so" -Wl,-rpath,"$build/lib"
  fi
  if [[ ! -x "$floor" ]]; then
    floor="$dir/parse_only"
    "${CXX:-g++}" -std=c++20 -O2 "$bench/parse_only.cc" -o "$floor" -lsimdjson -pthread
  fi
}

quoted() {
  printf '%q ' "$@"
}

# What is in a table, whatever the order of its rows: how many, the checksum of whole rows, and of
# each column its type, how many values and their checksum.
fingerprint() {
  local database="$1" table="$2" column parts="" list=""
  for column in ${columns[$table]}; do
    list+="${list:+, }$column"
    parts+=", '$column ' || typeof(any_value($column)) || ' ' || count($column) || ' '"
    parts+=" || coalesce(sum(cast(hash($column) as hugeint)), 0)"
  done
  "$sparkify" query --warehouse "duckdb:$database" --format csv \
    "select count(*) as row_count, sum(cast(hash($list) as hugeint)) as rows_checksum$parts from $table"
}

check_same() {
  local table other ours theirs same=true
  for table in "${!columns[@]}"; do
    ours="$(fingerprint sparkify.db "$table" | tail -n 1)"
    for other in default tuned; do
      theirs="$(fingerprint "$other.db" "$table" | tail -n 1)"
      [[ "$ours" == "$theirs" ]] && continue
      same=false
      printf 'The tables differ: %s\n  sparkify          %s\n  read_json %-8s%s\n' \
        "$table" "$ours" "$other" "$theirs" >&2
    done
    printf '  %-20s %s rows\n' "$table" "${ours%%,*}"
  done
  "$same"
}

make_data
build_jobs
read_json() {
  quoted "$job" --database "$1.db" --log-data data/log_data --song-data data/song_data \
    --threads "$threads" --memory-limit "$memory_limit" --storage-version "$storage_version" \
    "$bench/read_json/$1/stage.sql" "$bench/read_json/star.sql"
}
# Both make their tables in the time that counts. sparkify says on stderr what it did.
tables="$(quoted "$sparkify" create-tables --warehouse duckdb:sparkify.db)"
etl="$(quoted "$sparkify" etl --quiet --warehouse duckdb:sparkify.db --log-data data/log_data \
  --song-data data/song_data --threads "$threads" --memory-limit "$memory_limit")"

echo "$("$sparkify" version), storage $storage_version, $threads threads, $memory_limit," \
  "$(du -sm data/log_data | cut -f 1) MiB of logs, $songs songs, $rounds rounds"
"$bench/run_in_turn.py" --rounds "$rounds" --warm-ups "$warm_ups" \
  ${results:+--results "$results"} \
  --job sparkify sparkify.db "$tables && $etl" \
  --job "read_json default" default.db "$(read_json default)" \
  --job "read_json tuned" tuned.db "$(read_json tuned)" \
  --job "simdjson alone" - "$(quoted "$floor" "$threads" data/log_data data/song_data)"
echo "The tables of the three, compared:"
if ! check_same; then
  echo "main_job.sh: the tables differ, so the times mean nothing" >&2
  exit 1
fi
echo "All the same."
