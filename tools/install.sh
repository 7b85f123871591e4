#!/usr/bin/env bash
# Installs what is missing, from Debian's packages and npm. Usage: tools/install.sh PURPOSE...
#   build  what it takes to build sparkify      test  what the tests need besides
#   lint   what the lint needs besides
# Does nothing, and needs no rights, where all of it is there.
set -euo pipefail
cd "$(dirname "$0")/.."

# Read by need(), by name.
# shellcheck disable=SC2034
{
  build_commands=(g++:g++ cmake:cmake ninja:ninja-build npm:npm)
  build_packages=(libc6-dev libsimdjson-dev libcli11-dev libspdlog-dev libfmt-dev
    nlohmann-json3-dev zlib1g-dev libzstd-dev libbz2-dev ca-certificates)
  test_commands=(python3:python3 strace:strace zstd:zstd setpriv:util-linux)
  test_packages=(libgtest-dev libgmock-dev)
  lint_commands=(clang-format:clang-format python3:python3 shellcheck:shellcheck mandoc:mandoc)
  lint_packages=()
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

install_missing() {
  [ "${#missing[@]}" -gt 0 ] || return 0
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "install: this is no Debian; install these by hand: ${missing[*]}" >&2
    exit 3
  fi
  echo "==> Installing from Debian: ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq update
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
    "${missing[@]}" >/dev/null
}

install_duckdb() {
  # npm leaves a copy of the lockfile behind; as long as it agrees with ours, nothing has changed.
  local stamp=third_party/node_modules/.sparkify-lock
  if [ -f "$stamp" ] && cmp -s third_party/package-lock.json "$stamp"; then return 0; fi
  echo "==> Fetching DuckDB (npm, pinned by third_party/package-lock.json)"
  (cd third_party && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  cp third_party/package-lock.json "$stamp"
}

[ $# -gt 0 ] || set -- build
for purpose in "$@"; do
  case "$purpose" in
    build | test | lint) need "$purpose" ;;
    *) echo "install: unknown purpose: $purpose" >&2; exit 2 ;;
  esac
done
install_missing
install_duckdb
