#!/bin/bash
# Makes a small disk image with a text at a known place, by which a guest can tell
# which disk it has been given.
#
#   make-disk.sh --output FILE [--format qcow2|raw|...] [--size SIZE]
#                [--signature TEXT] [--offset BYTES]
#
#   --format FORMAT     what qemu-img knows (default: by FILE's extension)
#   --size SIZE         as qemu-img reads it (default: 16M)
#   --signature TEXT    default: "kvmtest FORMAT disk", a line of its own
#   --offset BYTES      where it stands (default: 1048576, 1 MiB)
#
# An image that has been made so already is left alone.
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
. "$here/common.sh"

output= format= size=16M signature= offset=1048576
while [ $# -gt 0 ]; do
  case $1 in
    --output) output=$(value "$@"); shift 2 ;;
    --format) format=$(value "$@"); shift 2 ;;
    --size) size=$(value "$@"); shift 2 ;;
    --signature) signature=$(value "$@"); shift 2 ;;
    --offset) offset=$(value "$@"); shift 2 ;;
    -h|--help) usage "${BASH_SOURCE[0]}"; exit 0 ;;
    *) die "unknown argument '$1' (see --help)" ;;
  esac
done
[ -n "$output" ] || die "--output FILE is missing"
format=${format:-${output##*.}}
signature=${signature:-kvmtest $format disk}
[[ $offset =~ ^[0-9]+$ ]] || die "--offset $offset: not a number of bytes"
need qemu-img qemu-utils

output=$(absolute "$output")
lock "$output"
# What it is made of stands in a file beside it: reading it back out of a qcow2 takes longer.
recipe="$format $size $offset $signature"
if [ -s "$output" ] && [ "$(cat "$output.recipe" 2> /dev/null)" = "$recipe" ]; then
  say "$output is up to date"
  exit 0
fi
scratch "$output"
qemu-img create -q -f raw "$work/raw" "$size"
printf '\n%s\n' "$signature" |
  dd of="$work/raw" bs=1 seek="$offset" conv=notrunc status=none
if [ "$format" = raw ]; then
  mv "$work/raw" "$work/disk"
else
  qemu-img convert -f raw -O "$format" "$work/raw" "$work/disk"
fi
rm -f "$output.recipe"
mv "$work/disk" "$output"
echo "$recipe" > "$output.recipe"
say "made $output"
