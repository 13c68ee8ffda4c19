#!/bin/bash
# Builds kvmtest and runs all its tests, on a fresh Debian 12, too:
#
#     tests/run.sh [--slow] [ctest option...]
#
# Installs the packages that are missing (as root or with sudo), builds the preset `dev`,
# runs the tests, which make the guests they need, and prints ctest's summary. Fails if
# a test fails, if one is skipped that tests/allowed_skips.txt does not name, or if there
# are none. --slow adds the tests labelled `slow`. About half an hour on two cores.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '== %s\n' "$*"; }

build() {
  # What is built once is built faster as a few large sources; who has ccache builds often.
  local how=(-DKVMTEST_UNITY_BUILD=ON)
  if command -v ccache > /dev/null; then how=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
  say "building into build/dev"
  cmake --preset dev "${how[@]}" > build/configure.log 2>&1 || { cat build/configure.log; return 1; }
  cmake --build --preset dev -j"$(nproc)"
}

slow=(-LE '^slow$')
if [ "${1:-}" = --slow ]; then
  slow=()
  shift
fi

# Their tests decide for themselves what they need.
unset KVMTEST_HOST CTEST_PARALLEL_LEVEL

mkdir -p build
examples/quickstart/setup.sh libgtest-dev dpkg-dev file make python3 python3-yaml clang-format clang-tidy clang libclang-rt-14-dev dnsmasq-base git iproute2 openssh-client ovmf chromium libxml2-utils
build

say "running the tests"
junit=$PWD/build/dev/junit.xml
rm -f "$junit"
status=0
# Every test has its own time limit; this one is for ctest itself.
timeout --kill-after=60 4300 \
  ctest --preset dev -j"$(nproc)" --output-junit "$junit" "${slow[@]}" "$@" || status=$?
python3 tests/check_skips.py "$junit" tests/allowed_skips.txt || status=1
[ "$status" = 0 ] && say "all tests passed" || say "there were failures (ctest and skips: $status)"
exit "$status"
