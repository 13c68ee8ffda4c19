#!/bin/sh
# tidy.sh BUILD_DIR FILE...: fails if clang-tidy finds anything in the files or our headers.
set -eu
if ! command -v clang-tidy-14 > /dev/null; then
  echo "SKIP no clang-tidy-14 (Debian 12: clang-tidy)"
  exit 77
fi
if [ ! -e "$1/compile_commands.json" ]; then
  echo "SKIP no $1/compile_commands.json (cmake --preset dev writes one)"
  exit 77
fi
exec nice clang-tidy-14 --quiet -p "$@"
