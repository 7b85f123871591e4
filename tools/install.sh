#!/usr/bin/env bash
# Installs what is missing, from Debian's packages and npm. Usage: tools/install.sh PURPOSE...
#   build  what it takes to build sparkify      test  what the tests need besides
#   fuzz   what the fuzz targets need besides  lint   what the lint needs besides
#   coverage  what counts it
# Does nothing, and needs no rights, where all of it is there.
set -euo pipefail
cd "$(dirname "$0")/.."

# Read by need(), by name.
# shellcheck disable=SC2034
{
  build_commands=(g++:g++ cmake:cmake ninja:ninja-build node:nodejs npm:npm
    pkg-config:pkg-config)
  build_packages=(libc6-dev libsimdjson-dev libcli11-dev libspdlog-dev libfmt-dev
    nlohmann-json3-dev zlib1g-dev libzstd-dev libbz2-dev ca-certificates
    libcurl4-openssl-dev libssl-dev libpugixml-dev libpq-dev robin-map-dev libedit-dev
    libcpp-httplib-dev)
  # Ceph's are the S3 server of tests/servers/rgw.py.
  test_commands=(python3:python3 strace:strace zstd:zstd setpriv:util-linux openssl:openssl
    ceph-mon:ceph-mon ceph-osd:ceph-osd radosgw:radosgw node:nodejs npm:npm
    faketime:faketime chromium:chromium pdftotext:poppler-utils readelf:binutils)
  # PostgreSQL is the server of tests/servers/postgres.py; its programs are not on the PATH.
  # The fonts are for the page's texts in Chromium.
  test_packages=(libgtest-dev libgmock-dev postgresql sqlfluff python3-yaml python3-psycopg2
    fonts-dejavu-core fonts-noto-color-emoji)
  # clang's run-time library has its sanitizers and libFuzzer.
  fuzz_commands=(clang++:clang)
  fuzz_packages=(libclang-rt-dev)
  coverage_commands=(gcovr:gcovr)
  coverage_packages=()
  lint_commands=(clang-format:clang-format python3:python3 shellcheck:shellcheck mandoc:mandoc)
  lint_packages=(sqlfluff)
}

missing=()

need_command() { # COMMAND:PACKAGE
  command -v "${1%%:*}" >/dev/null 2>&1 || missing+=("${1#*:}")
}

need_package() {
  local state
  state=$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$1")
}

need() { # PURPOSE
  local -n commands="$1_commands" packages="$1_packages"
  local name
  for name in "${commands[@]}"; do need_command "$name"; done
  for name in "${packages[@]}"; do need_package "$name"; done
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    echo "install: these packages are missing and need root or sudo: ${missing[*]}" >&2
    exit 3
  fi
}

# Installs without starting a package's daemons: policy-rc.d says no, for as long as this takes.
# In one shell as root, so that a policy of ours goes even when the installation fails. PostgreSQL
# would make a database cluster besides; a file that says no stays, whoever wrote it.
# shellcheck disable=SC2016
install_quietly='
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ] && [ ! -L "$policy" ]; then
    trap "rm -f $policy" EXIT
    trap "exit 130" INT TERM HUP
    printf "#!/bin/sh\nexit 101\n" >"$policy"
    chmod 755 "$policy"
  fi
  clusters=/etc/postgresql-common/createcluster.conf
  case " $* " in
    *" postgresql "*)
      if [ ! -e "$clusters" ]; then
        mkdir -p "${clusters%/*}"
        echo "create_main_cluster = false" >"$clusters"
      fi
      ;;
  esac
  export UCF_FORCE_CONFFOLD=1
  apt-get -qq install -y --no-install-recommends -o Dpkg::Options::=--force-confdef \
    -o Dpkg::Options::=--force-confold "$@" >/dev/null
'

install_missing() {
  [ "${#missing[@]}" -gt 0 ] || return 0
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "install: this is no Debian; install these by hand: ${missing[*]}" >&2
    exit 3
  fi
  echo "==> Installing from Debian: ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update
  as_root env DEBIAN_FRONTEND=noninteractive bash -c "$install_quietly" install "${missing[@]}"
}

install_from_npm() { # FOLDER NAME
  # A copy of the lockfile is left behind; as long as it agrees with ours, nothing has changed.
  local stamp="$1/node_modules/.sparkify-lock"
  if [ -f "$stamp" ] && cmp -s "$1/package-lock.json" "$stamp"; then return 0; fi
  echo "==> Fetching $2 (npm, pinned by $1/package-lock.json)"
  (cd "$1" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  cp "$1/package-lock.json" "$stamp"
}

[ $# -gt 0 ] || set -- build
for purpose in "$@"; do
  case "$purpose" in
    build | test | fuzz | lint | coverage) need "$purpose" ;;
    *) echo "install: unknown purpose: $purpose" >&2; exit 2 ;;
  esac
done
install_missing
install_from_npm third_party DuckDB
install_from_npm web "what the report's page is built with"
case " $* " in
  *" test "*)
    install_from_npm tests/oracle "AWS's signer"
    install_from_npm tests/infra "AWS's rules for templates"
    install_from_npm tests/web "what drives the browser"
    install_from_npm tests/sbom "CycloneDX's own validation"
    ;;
esac
