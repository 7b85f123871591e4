#!/usr/bin/env bash
# ./run.sh          builds sparkify and shows it: sample data, tables, ETL, three questions
# ./run.sh ARGS...  builds sparkify (if need be) and runs `sparkify ARGS...`
# A fresh Debian 12 needs nothing before it; missing packages are installed (root or sudo).
set -euo pipefail
project=$(cd "$(dirname "$0")" && pwd)
sparkify="$project/build/release/sparkify"
warehouse=duckdb:sparkify.duckdb
sample=sample

# What is done is told on stderr: stdout belongs to sparkify.
say() { echo "==> $*" >&2; }

build() {
  "$project/tools/install.sh" build >&2
  local log="$project/build/release/build.log"
  mkdir -p "$project/build/release"
  [ -x "$sparkify" ] || say "Building (a few minutes, once; the log is build/release/build.log)"
  if ! (cd "$project" && cmake --preset release && cmake --build --preset release) >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    say "The build failed; the whole log is build/release/build.log"
    exit 70
  fi
}

ask() { # TITLE SQL
  echo
  echo "$1"
  "$sparkify" query --warehouse "$warehouse" "$2"
}

show() {
  if [ ! -f "$sample/truth.json" ]; then
    say "Making sample data in $sample/"
    "$sparkify" generate --out "$sample" --preset demo --faults all=0.0005
  fi
  say "Creating the tables in $warehouse"
  "$sparkify" create-tables --warehouse "$warehouse"
  say "Loading $sample/log_data and $sample/song_data"
  "$sparkify" etl --warehouse "$warehouse" --log-data "$sample/log_data" \
    --song-data "$sample/song_data" | tee "$sample/etl-report.txt"
  ask "The most played songs:" "
    select title, artist_name, count(*) as plays
    from plays group by title, artist_name order by plays desc, title limit 5"
  ask "The busiest hours (UTC; weekday 0 is Sunday):" "
    select weekday, hour, count(*) as plays
    from songplays join time using (start_time)
    group by weekday, hour order by plays desc, weekday, hour limit 5"
  ask "Free and paid listening:" "
    select level, count(*) as plays, count(distinct user_id) as users
    from songplays group by level order by plays desc"
  "$sparkify" report --warehouse "$warehouse" --out "$sample/report.html"
  cat <<END

The report is $sample/report.html: open it in a browser. What this load did is in $sample/etl-report.txt, the
warehouse is the file ${warehouse#duckdb:}.
Records that were not loaded, and why (the sample has some on purpose):
  ./run.sh rejects --summary
Then:
  ./run.sh status
  ./run.sh check
  ./run.sh query "select * from plays order by start_time desc limit 10"
  ./run.sh etl --log-data YOUR_LOGS --song-data YOUR_SONGS
END
}

build
if [ $# -gt 0 ]; then
  exec "$sparkify" "$@"
fi
show
