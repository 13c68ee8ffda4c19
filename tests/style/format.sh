#!/bin/sh
# format.sh SOURCE_DIR: fails if clang-format would change a C++ file; says where.
set -eu
if ! command -v clang-format-14 > /dev/null; then
  echo "SKIP no clang-format-14 (Debian 12: clang-format)"
  exit 77
fi
cd "$1"
find generator runner tests \( -name '*.cc' -o -name '*.h' \) -print0 |
  xargs -0 clang-format-14 --dry-run -Werror
