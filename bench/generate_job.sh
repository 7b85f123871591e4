#!/usr/bin/env bash
# How fast `sparkify generate` writes logs to disk, on one thread and on several.
#
#   bench/generate_job.sh                       2,000,000 events (some 870 MB) of a year, 5 rounds
#   bench/generate_job.sh --quick               seconds: that it runs, and that the bytes agree
#   bench/generate_job.sh --other FILE          beside another sparkify, an older one, say
#
# Options:
#   --events N --users N --songs N --days N   of the data (songs are small files, a name each)
#   --rounds N --warm-ups N                   how often; warm-ups do not count
#   --threads N                               of the job with several (2)
#   --gzip                                    packed
#   --sparkify FILE                           the program (build/release/sparkify)
#   --dir DIR                                 where the data goes (a new temporary folder)
#
# Exit codes: 0 done, 1 a command failed or the threads show in the bytes, 2 usage.
set -euo pipefail

bench="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
readonly bench

events=2000000
users=20000
songs=0
days=365
rounds=5
warm_ups=1
threads=2
gzip=""
sparkify="$bench/../build/release/sparkify"
other=""
dir=""

usage() {
  echo "generate_job.sh: $1; its first lines say what it takes" >&2
  exit 2
}

while (($# > 0)); do
  case "$1" in
    --gzip)
      gzip=--gzip
      shift
      continue
      ;;
    --quick)
      events=20000 users=200 songs=300 days=30 rounds=1 warm_ups=0
      shift
      continue
      ;;
  esac
  (($# > 1)) || usage "$1 is unknown or needs a value"
  case "$1" in
    --events) events="$2" ;;
    --users) users="$2" ;;
    --songs) songs="$2" ;;
    --days) days="$2" ;;
    --rounds) rounds="$2" ;;
    --warm-ups) warm_ups="$2" ;;
    --threads) threads="$2" ;;
    --sparkify) sparkify="$2" ;;
    --other) other="$(realpath "$2")" ;;
    --dir) dir="$(realpath -m "$2")" ;;
    *) usage "$1 is unknown" ;;
  esac
  shift 2
done
sparkify="$(realpath "$sparkify")"
[[ -x "$sparkify" ]] || usage "there is no program $sparkify"

# Settings of the person who runs this must not count.
while read -r name; do unset "$name"; done < <(compgen -e SPARKIFY_ || true)

own_dir=""
if [[ -z "$dir" ]]; then
  own_dir="$(mktemp -d)"
  dir="$own_dir"
fi
mkdir -p "$dir"
trap 'rm -rf "$dir"/{one,several,other}; [[ -z "$own_dir" ]] || rm -rf "$own_dir"' EXIT
cd "$dir"

quoted() {
  printf '%q ' "$@"
}

generate() { # PROGRAM FOLDER OPTIONS...
  # shellcheck disable=SC2086  # --gzip or nothing
  quoted "$1" generate --quiet --out "$2" --events "$events" --users "$users" --songs "$songs" \
    --days "$days" $gzip "${@:3}"
}

# A folder is emptied in time that does not count.
jobs=(
  --job "$threads threads" - "$(generate "$sparkify" several --threads "$threads")"
  --before "$threads threads" "rm -rf several"
  --job "1 thread" - "$(generate "$sparkify" one --threads 1)"
  --before "1 thread" "rm -rf one"
)
if [[ -n "$other" ]]; then
  jobs+=(--job other - "$(generate "$other" other)" --before other "rm -rf other")
fi
for job in "$threads threads" "1 thread" ${other:+other}; do jobs+=(--rows "$job" "$events"); done

echo "$("$sparkify" version | head -n 1), $events events, $songs songs, $days days${gzip:+, packed}"
"$bench/run_in_turn.py" --rounds "$rounds" --warm-ups "$warm_ups" "${jobs[@]}"
bytes="$(du -sb --apparent-size several/log_data | cut -f 1)"
echo "Logs: $bytes bytes, $((bytes / events)) an event."
if ! diff -rq one several; then
  echo "generate_job.sh: the number of threads shows in the bytes" >&2
  exit 1
fi
echo "The same bytes on 1 thread and on $threads."
