#!/bin/bash
# Builds kvmtest and guests, and runs this example's nightly tests on its first host:
#
#   examples/quickstart/run.sh [ctest option...]
#
# Installs what is missing first (Debian 12, as root or with sudo). Everything it makes
# lies in build/; a second run makes only what has changed. Fails unless every test has
# been run and has passed. KVMTEST_HOST chooses another host of kvm_hosts.cfg.
set -euo pipefail
source=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$source/../.."
build=$PWD/build

step() { printf '\n== %s\n' "$*"; }

# quietly COMMAND...: its output only if it fails
quietly() {
  local log=$build/quickstart.log
  "$@" > "$log" 2>&1 || { cat "$log"; exit 1; }
}

mkdir -p "$build"
"$source/setup.sh"

step "kvmtest -> build/release"
quietly cmake --preset release
cmake --build --preset release

step "guests -> build/guests"
guests=$build/guests
cmake/guest/make-linux-guest.sh --output "$guests/cloud" --flavour cloud
cmake/guest/make-linux-guest.sh --output "$guests/amd64" --flavour amd64
cmake/guest/make-tiny-rom.sh --output "$guests/tiny.rom"
for format in qcow2 raw; do
  cmake/guest/make-disk.sh --output "$guests/disks/signed.$format"
done

step "the example -> build/quickstart"
quietly cmake -G Ninja -S "$source" -B "$build/quickstart" \
  "-DKvmTest_ROOT=$build/release" "-DGUESTS=$guests"
cmake --build "$build/quickstart"

export KVMTEST_HOST=${KVMTEST_HOST:-hostname1}
step "KVMTEST_HOST=$KVMTEST_HOST ctest --test-dir build/quickstart -L '^nightly$' -j4 $*"
junit=$build/quickstart/junit.xml
rm -f "$junit"
status=0
ctest --test-dir "$build/quickstart" -L '^nightly$' -j4 --no-tests=error --output-on-failure \
  --output-junit "$junit" "$@" || status=$?

# ctest counts a skipped test as passed, so ask what it has counted.
count() {
  [ ! -f "$junit" ] || sed -n "/<testsuite /,/>/s/.*[[:space:]]$1=\"\([0-9]*\)\".*/\1/p" "$junit" | head -n1
}
tests=$(count tests) failed=$(count failures) skipped=$(count skipped) disabled=$(count disabled)
step "${tests:-0} tests: ${failed:-?} failed, ${skipped:-?} skipped, ${disabled:-?} not run"
if [ "$status" != 0 ] || [ "${tests:-0}" = 0 ] || [ "$failed,$skipped,$disabled" != 0,0,0 ]; then
  echo "not all tests were run and passed (ctest ended with $status);" \
    "each has its files in build/quickstart/kvmtest/quickstart/" >&2
  exit 1
fi
echo "all tests were run and passed"
