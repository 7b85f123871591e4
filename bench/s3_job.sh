#!/usr/bin/env bash
# S3 as the source, beside those who only copy: `aws s3 cp` and `rclone copy`, in turn on the same
# objects of the same server (Ceph RGW on loopback, tests/servers/rgw.py).
#
#   bench/s3_job.sh              10,000 songs, then 1 GB of logs; 3 rounds
#   bench/s3_job.sh --quick      a few seconds: that it runs, that S3 and disk give the same tables
#
# Options:
#   --songs N --events N     objects of the first part, events of the second (0: leave it out)
#   --rounds N               how often, after a warm-up
#   --threads N --memory-limit SIZE --transfers N    of sparkify (2, 4GiB, 32)
#   --build DIR              a built sparkify (build/release)
#   --no-aws                 leave out `aws s3 cp`, which takes minutes
#
# Needs python3, rclone, awscli (Debian's), and what tests/servers/rgw.py needs.
# Exit codes: 0 done, 1 a command failed or the tables differ, 2 usage.
set -euo pipefail

bench="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
readonly bench
songs=10000
events=2190000
rounds=3
warm_ups=1
threads=2
memory_limit=4GiB
transfers=32
build="$(realpath -m "$bench/../build/release")"
with_aws=true

usage() {
  echo "s3_job.sh: $1; its first lines say what it takes" >&2
  exit 2
}

arguments=("$@")
while (($# > 0)); do
  case "$1" in
    --quick)
      songs=300 events=20000 rounds=1 warm_ups=0
      shift
      continue
      ;;
    --no-aws)
      with_aws=false
      shift
      continue
      ;;
  esac
  (($# > 1)) || usage "$1 is unknown or needs a value"
  case "$1" in
    --songs) songs="$2" ;;
    --events) events="$2" ;;
    --rounds) rounds="$2" ;;
    --threads) threads="$2" ;;
    --memory-limit) memory_limit="$2" ;;
    --transfers) transfers="$2" ;;
    --build) build="$(realpath "$2")" ;;
    *) usage "$1 is unknown" ;;
  esac
  shift 2
done

# Once more, with a server of our own around it.
if [[ -z "${SPARKIFY_BENCH_BUCKET:-}" ]]; then
  SPARKIFY_BENCH_BUCKET=bench exec python3 "$bench/../tests/servers/rgw.py" --bucket bench -- \
    bash "${BASH_SOURCE[0]}" ${arguments[@]+"${arguments[@]}"}
fi
readonly bucket="$SPARKIFY_BENCH_BUCKET"
unset SPARKIFY_BENCH_BUCKET

dir="$(mktemp -d)"
trap 'rm -rf "$dir"' EXIT
cd "$dir"
sparkify="$build/sparkify"
export RCLONE_CONFIG_RGW_TYPE=s3 RCLONE_CONFIG_RGW_PROVIDER=Ceph RCLONE_CONFIG_RGW_ENV_AUTH=true
export RCLONE_CONFIG_RGW_ENDPOINT="$AWS_ENDPOINT_URL" RCLONE_CONFIG="$dir/rclone.conf"
touch "$RCLONE_CONFIG"
aws=/usr/bin/aws # Debian's; others of that name may come first in the path
export AWS_CONFIG_FILE="$dir/none" AWS_SHARED_CREDENTIALS_FILE="$dir/none"

quoted() {
  printf '%q ' "$@"
}

etl() { # NAME SETTING PLACE
  quoted "$sparkify" create-tables --quiet --warehouse "duckdb:$1.db"
  echo -n "&& "
  quoted "$sparkify" etl --quiet --warehouse "duckdb:$1.db" "--$2" "$3" --threads "$threads" \
    --memory-limit "$memory_limit" --transfers "$transfers"
}

run() {
  "$bench/run_in_turn.py" --rounds "$rounds" --warm-ups "$warm_ups" "$@"
}

same() { # TABLE KEY
  local query="select count(*), sum(cast(hash($2) as hugeint)) from $1"
  [[ "$("$sparkify" query --warehouse duckdb:s3.db --format csv "$query")" == \
    "$("$sparkify" query --warehouse duckdb:disk.db --format csv "$query")" ]] && return
  echo "s3_job.sh: $1 differs between S3 and disk, so the times mean nothing" >&2
  exit 1
}

"$sparkify" version
if ((songs > 0)); then
  echo "== $songs small objects, --transfers $transfers"
  "$sparkify" generate --out data --events 0 --days 1 --songs "$songs" --quiet >/dev/null
  "$sparkify" generate --out "s3://$bucket/small" --events 0 --days 1 --songs "$songs" >/dev/null
  jobs=(--job "sparkify s3" s3.db "$(etl s3 song-data "s3://$bucket/small/song_data")"
    --job "sparkify disk" disk.db "$(etl disk song-data data/song_data)"
    --job "rclone copy" copy "$(quoted rclone copy --transfers 32 "rgw:$bucket/small/song_data" copy)")
  "$with_aws" && jobs+=(--job "aws s3 cp" cp "$(quoted "$aws" --endpoint-url "$AWS_ENDPOINT_URL" \
    s3 cp --recursive --quiet "s3://$bucket/small/song_data" cp)")
  run "${jobs[@]}"
  same songs song_id
  rm -rf data copy cp ./*.db
fi
if ((events > 0)); then
  echo "== logs of $events events, --transfers $transfers"
  "$sparkify" generate --out data --events "$events" --users 20000 --songs 0 --quiet >/dev/null
  rclone copy --transfers 4 data/log_data "rgw:$bucket/logs/log_data"
  du -sm data/log_data
  run --job "sparkify s3" s3.db "$(etl s3 log-data "s3://$bucket/logs/log_data")" \
    --job "sparkify disk" disk.db "$(etl disk log-data data/log_data)" \
    --job "rclone copy" copy "$(quoted rclone copy --transfers 32 "rgw:$bucket/logs/log_data" copy)"
  same songplays songplay_id
fi
