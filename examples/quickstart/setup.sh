#!/bin/bash
# Installs the packages that building kvmtest and running its guests takes, those of
# them that are missing, on Debian 12 and its kin; as root or with sudo.
#
#   setup.sh [PACKAGE...]     further packages to have
set -euo pipefail

packages=(
  # to build kvmtest
  g++ binutils cmake ninja-build pkg-config
  libfmt-dev nlohmann-json3-dev libre2-dev libcli11-dev
  # to run guests
  qemu-system-x86 qemu-utils
  # to make guests
  busybox-static cpio lz4 xz-utils
  "$@"
)

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null)" = installed ]; }

as_root() {
  if [ "$(id -u)" = 0 ]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
  elif command -v sudo > /dev/null; then
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  else
    echo "setup.sh: error: to install packages, be root or have sudo" >&2
    exit 1
  fi
}

missing=()
for package in "${packages[@]}"; do
  installed "$package" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get > /dev/null; then
  echo "setup.sh: error: no apt-get here; what kvmtest needs: ${missing[*]}" >&2
  exit 1
fi
echo "setup.sh: installing ${missing[*]}"
as_root apt-get -qq update
as_root apt-get -qq -y --no-install-recommends install "${missing[@]}" > /dev/null
