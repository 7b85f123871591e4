#!/usr/bin/env bash
# The main job into PostgreSQL, in turn on the same server and data: a binary COPY of the same rows,
# decoded before and on as many connections; sparkify; and row_by_row.py, the loader that people write
# first. Then one more day into a warehouse that holds a year.
#
#   bench/postgres_job.sh            1 GB of logs, 20,000 songs, the same spread over a year; 3 rounds
#   bench/postgres_job.sh --quick    seconds: that it runs, that PostgreSQL and DuckDB hold the same
#
# Options:
#   --events N --users N --songs N    of the data (`sparkify generate`)
#   --slice N                         events that row_by_row.py gets (0: leave it out)
#   --year-events N                   of the year; as --events if not given (0: leave the year out)
#   --rounds N --warm-ups N           how often; warm-ups do not count
#   --threads N --memory-limit SIZE   of sparkify (2, 4GiB); N connections for it and for COPY
#   --tls                             connections are encrypted, all of them; else none is
#   --build DIR                       a built sparkify (build/release)
#   --dir DIR                         where the data goes (a new temporary folder)
#   --keep                            leave it there, for the next time
#   --results FILE                    every run's figures, as JSON; those of the year in FILE.year
#
# The server is one of its own, in the folder for temporary files (TMPDIR), and goes with the script:
# tests/servers/postgres.py with the settings of with_postgres.py. 1 GB takes up to 15 GB of disk.
# Needs python3, what tests/servers/postgres.py needs, and Debian's python3-psycopg2 for row_by_row.py.
# Exit codes: 0 done, 1 a command failed or the tables differ, 2 usage.
set -euo pipefail

bench="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
readonly bench
readonly python=/usr/bin/python3 # Debian's, which finds Debian's psycopg2

events=2100000
users=20000
songs=20000
slice=20000
year_events=""
rounds=3
warm_ups=1
threads=2
memory_limit=4GiB
tls=()
build="$(realpath -m "$bench/../build/release")"
dir=""
keep=false
results=""

usage() {
  echo "postgres_job.sh: $1; its first lines say what it takes" >&2
  exit 2
}

fail() {
  echo "postgres_job.sh: $1" >&2
  exit 1
}

arguments=("$@")
while (($# > 0)); do
  case "$1" in
    --quick)
      events=5000 users=100 songs=200 slice=5000 rounds=1 warm_ups=0
      shift
      continue
      ;;
    --tls)
      tls=(--tls)
      shift
      continue
      ;;
    --keep)
      keep=true
      shift
      continue
      ;;
  esac
  (($# > 1)) || usage "$1 is unknown or needs a value"
  case "$1" in
    --events) events="$2" ;;
    --users) users="$2" ;;
    --songs) songs="$2" ;;
    --slice) slice="$2" ;;
    --year-events) year_events="$2" ;;
    --rounds) rounds="$2" ;;
    --warm-ups) warm_ups="$2" ;;
    --threads) threads="$2" ;;
    --memory-limit) memory_limit="$2" ;;
    --build) build="$(realpath "$2")" ;;
    --dir) dir="$(realpath -m "$2")" ;;
    --results) results="$(realpath -m "$2")" ;;
    *) usage "$1 is unknown" ;;
  esac
  shift 2
done
[[ -x "$build/sparkify" ]] || usage "there is no sparkify in $build"
year_events="${year_events:-$events}"
((slice < events)) || slice="$events"

# Once more, with a server of our own around it. Settings of the person who runs this must not count.
if [[ -z "${SPARKIFY_BENCH_SERVER_PID:-}" ]]; then
  ((slice == 0)) || "$python" -c "import psycopg2" 2>/dev/null ||
    fail "row_by_row.py needs psycopg2: apt-get install python3-psycopg2, or --slice 0 to leave it out"
  while read -r name; do unset "$name"; done < <(compgen -e SPARKIFY_ || true)
  exec "$python" "$bench/with_postgres.py" "${tls[@]}" \
    bash "${BASH_SOURCE[0]}" ${arguments[@]+"${arguments[@]}"}
fi
readonly server_pid="$SPARKIFY_BENCH_SERVER_PID" server_log="$SPARKIFY_BENCH_SERVER_LOG"
unset SPARKIFY_BENCH_SERVER_PID SPARKIFY_BENCH_SERVER_LOG

clean_up() {
  local folder
  rm -rf "$dir"/{events,songs}.*.copy "$dir"/duckdb.db*
  "$keep" && return
  for folder in month year; do
    [[ ! -f "$dir/$folder.options" ]] || rm -rf "${dir:?}/$folder" "$dir/$folder.options"
  done
  [[ -z "$own_dir" ]] || rm -rf "$own_dir"
}

own_dir=""
if [[ -z "$dir" ]]; then
  own_dir="$(mktemp -d)"
  dir="$own_dir"
fi
mkdir -p "$dir"
trap clean_up EXIT
trap 'exit 130' INT TERM # after the command that runs, which gets the signal too
# sparkify reads ./dwh.cfg where it is started.
cd "$dir"
sparkify="$build/sparkify"
# The rest of the address is the same for all, in libpq's variables: how it is encrypted, too.
postgres="postgresql://$PGUSER@$PGHOST:$PGPORT/$PGDATABASE"
sql=(psql -X -w -q -A -t -v ON_ERROR_STOP=1)

quoted() {
  printf '%q ' "$@"
}

sparkify_etl() { # WAREHOUSE ARGUMENTS...
  quoted "$sparkify" etl --quiet --warehouse "$1" --threads "$threads" \
    --memory-limit "$memory_limit" "${@:2}"
}

load() { # FOLDER WAREHOUSE
  sparkify_etl "$2" --log-data "$1/log_data" --song-data "$1/song_data"
}

load_last_day() { # WAREHOUSE
  sparkify_etl "$1" --log-data year/last_day
}

afresh() { # WAREHOUSE
  quoted "$sparkify" create-tables --quiet --warehouse "$1" --drop --yes
}

# So that no run has to do what one before it has left for later.
settled() { # SQL...
  local commands=() text
  for text in "$@" checkpoint; do commands+=(-c "$text"); done
  quoted "${sql[@]}" "${commands[@]}"
}

make_data() { # FOLDER OPTIONS...
  local folder="$1"
  shift
  [[ -f "$folder.options" && "$(<"$folder.options")" == "$*" ]] && return
  [[ ! -e "$folder" || -f "$folder.options" ]] || fail "$dir/$folder is in the way"
  echo "unfinished" >"$folder.options"
  rm -rf "$folder"
  echo "Making the data ($*) ..." >&2
  "$sparkify" generate --out "$folder" --quiet "$@" >/dev/null
  if [[ "$folder" == year ]]; then set_last_day_apart; fi
  echo "$*" >"$folder.options"
}

set_last_day_apart() {
  local days
  mapfile -t days < <(find year/log_data -type f | LC_ALL=C sort)
  [[ "${#days[@]}" -eq 365 ]] || fail "a year of ${#days[@]} days"
  mkdir year/last_day
  mv "${days[-1]}" year/last_day
}

# The rows that a load stages, in one file a connection. The last group's stay: so all is one group,
# and songs and logs, which are never in one, come one after the other.
export_staging() { # events|songs OPTION
  local kind="$1" option="$2" table="staging_$1" i count expected
  bash -c "SPARKIFY_GROUP_BYTES=1TiB $(sparkify_etl "$postgres" --keep-staging \
    "--$option" "month/${option//-/_}")" >/dev/null
  count="$("${sql[@]}" -c "select count(*) from $table")"
  expected="$("${sql[@]}" -c "select $kind from etl_runs order by run_id desc limit 1")"
  [[ "$count" == "$expected" ]] || fail "$table holds $count rows of the $expected that were loaded"
  for ((i = 0; i < threads; i++)); do
    "${sql[@]}" -c "\\copy (select * from $table where object_no % $threads = $i) \
to '$kind.$i.copy' (format binary)"
  done
  "${sql[@]}" -c "create unlogged table bench.$kind (like $table)"
}

copy_of() { # NUMBER...: what one connection does
  local i commands=()
  for i in "$@"; do
    commands+=(-c "\\copy bench.songs from 'songs.$i.copy' (format binary)"
      -c "\\copy bench.events from 'events.$i.copy' (format binary)")
  done
  quoted "${sql[@]}" "${commands[@]}"
}

copy_at_once() {
  local i
  echo -n "pids=(); "
  for ((i = 0; i < threads; i++)); do
    copy_of "$i"
    # shellcheck disable=SC2016  # for the shell that runs it
    echo -n '& pids+=($!); '
  done
  # shellcheck disable=SC2016
  echo -n 'for pid in "${pids[@]}"; do wait "$pid" || exit 1; done'
}

# What is in the tables, in a form that is the same in all warehouses.
contents() { # WAREHOUSE
  "$sparkify" query --warehouse "$1" --format csv "select
    (select count(*) from songplays) as songplays, (select count(*) from users) as users,
    (select count(*) from songs) as songs, (select count(*) from artists) as artists,
    (select count(*) from time) as time,
    (select count(*) from unmatched_songplays) as unmatched_songplays,
    (select count(song_id) from songplays) as matched,
    (select cast(sum(songplay_id) as varchar) from songplays) as checksum"
}

# What PostgreSQL holds, beside the same data in DuckDB.
check_same() { # FOLDER
  local ours theirs
  bash -c "$(afresh duckdb:duckdb.db) && $(load "$1" duckdb:duckdb.db)" >/dev/null
  [[ ! -d "$1/last_day" ]] || bash -c "$(load_last_day duckdb:duckdb.db)" >/dev/null
  ours="$(contents "$postgres")"
  theirs="$(contents duckdb:duckdb.db)"
  [[ "$ours" == "$theirs" ]] ||
    fail "the tables differ, so the times mean nothing; PostgreSQL: $ours, DuckDB: $theirs"
  echo "PostgreSQL holds what DuckDB holds:"
  echo "  ${ours//$'\n'/$'\n'  }"
  "$sparkify" check --quiet --warehouse "$postgres" >/dev/null ||
    fail "a check of the tables has failed; sparkify check tells which"
  echo "sparkify check: all passed."
}

# What both have alike: its users are only those who play, and an artist has one name.
check_row_by_row() {
  local query="select (select count(*) from songplays), (select count(*) from songs),
    (select count(*) from artists), (select count(*) from time)"
  [[ "$(PGOPTIONS="-c search_path=row_by_row" "${sql[@]}" -c "$query")" == \
    "$("${sql[@]}" -c "$query")" ]] || fail "row_by_row.py gives other numbers of rows than sparkify"
  echo "row_by_row.py has the same numbers of plays, songs, artists and times."
}

row_by_row() { # ARGUMENTS...
  quoted env PGOPTIONS="-c search_path=row_by_row" "$python" "$bench/row_by_row.py" "$@"
}

say_connections() {
  local with without
  with="$(grep -c "authorized: user=$PGUSER.*SSL enabled" "$server_log" || true)"
  without="$(grep "authorized: user=$PGUSER" "$server_log" | grep -vc "SSL enabled" || true)"
  echo "Of all connections $with had TLS and $without had none."
  if [[ "${#tls[@]}" -gt 0 ]]; then ((without == 0)); else ((with == 0)); fi ||
    fail "some had TLS and others had not"
}

run() {
  "$bench/run_in_turn.py" --rounds "$rounds" --warm-ups "$warm_ups" --server-pid "$server_pid" "$@"
}

setting() {
  "${sql[@]}" -c "select current_setting('$1')"
}

echo "$("$sparkify" version), $threads threads and connections, $memory_limit, $rounds rounds"
echo "PostgreSQL $(setting server_version) at $PGHOST, TLS: $("${sql[@]}" -c "select
  case when ssl then version || ' ' || cipher else 'none' end from pg_stat_ssl
  where pid = pg_backend_pid()")"
for name in fsync full_page_writes synchronous_commit shared_buffers max_wal_size; do
  echo -n "$name $(setting "$name")  "
done
echo

if ((events > 0)); then
  make_data month --events "$events" --users "$users" --songs "$songs" --days 30
  "${sql[@]}" -c "create schema bench" -c "create schema row_by_row"
  bash -c "$(afresh "$postgres")" >/dev/null
  export_staging songs song-data
  export_staging events log-data
  echo "== $events events in $(du -sm month/log_data | cut -f 1) MiB of logs, $songs songs;" \
    "their rows in $(cat ./*.copy | wc -c | awk '{printf "%d", $1 / 2 ^ 20}') MiB of binary COPY"

  rows=$((events + songs))
  emptied="$(settled "truncate bench.events, bench.songs")"
  name="COPY, 1 connection"
  jobs=(--job sparkify - "$(load month "$postgres")")
  jobs+=(--before sparkify "$(afresh "$postgres") && $(settled)" --rows sparkify "$rows")
  mapfile -t numbers < <(seq 0 $((threads - 1)))
  jobs+=(--job "$name" - "$(copy_of "${numbers[@]}")" --before "$name" "$emptied")
  jobs+=(--rows "$name" "$rows" --ratio sparkify "$name")
  if ((threads > 1)); then
    name="COPY, $threads connections"
    jobs+=(--job "$name" - "$(copy_at_once)" --before "$name" "$emptied")
    jobs+=(--rows "$name" "$rows" --ratio sparkify "$name")
  fi
  if ((slice > 0)); then
    inserted="$(bash -c "$(row_by_row --song-data month/song_data)")"
    echo "row_by_row.py, before its turns: $inserted"
    jobs+=(--job "row by row" - "$(row_by_row --log-data month/log_data --events-max "$slice")")
    jobs+=(--before "row by row" "$(settled "set search_path = row_by_row" \
      "truncate songplays, users, time")")
    jobs+=(--rows "row by row" "$slice" --ratio "row by row" sparkify)
  fi
  run "${jobs[@]}" ${results:+--results "$results"}

  copied="$("${sql[@]}" -c "select (select count(*) from bench.songs) + count(*) from bench.events")"
  [[ "$copied" == "$rows" ]] || fail "COPY has copied $copied of $rows rows"
  check_same month
  ((slice < events)) || check_row_by_row
fi
if ((year_events > 0)); then
  make_data year --events "$year_events" --users "$users" --songs "$songs" --days 365
  last_events="$(cat year/last_day/* | wc -l)"
  echo "== a year: $((year_events - last_events)) events in 364 days, then a day of $last_events"
  run ${results:+--results "$results.year"} \
    --job "364 days" - "$(load year "$postgres")" \
    --before "364 days" "$(afresh "$postgres") && $(settled)" \
    --job "one more day" - "$(load_last_day "$postgres")" --before "one more day" "$(settled)"
  check_same year
fi
say_connections
