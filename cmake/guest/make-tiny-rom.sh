#!/bin/bash
# Makes the tiny guest, 64 KiB of ROM for qemu's -bios, from tiny.S.
#
#   make-tiny-rom.sh --output FILE
#
# A ROM that is up to date is left alone.
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
. "$here/common.sh"

output=
while [ $# -gt 0 ]; do
  case $1 in
    --output) output=$(value "$@"); shift 2 ;;
    -h|--help) usage "${BASH_SOURCE[0]}"; exit 0 ;;
    *) die "unknown argument '$1' (see --help)" ;;
  esac
done
[ -n "$output" ] || die "--output FILE is missing"
need as binutils
need ld binutils
need objcopy binutils

output=$(absolute "$output")
lock "$output"
if [ -s "$output" ] && [ "$output" -nt "$here/tiny.S" ] && [ "$output" -nt "${BASH_SOURCE[0]}" ]; then
  say "$output is up to date"
  exit 0
fi
scratch "$output"
as --32 -o "$work/tiny.o" "$here/tiny.S"
# The ROM ends where the first 4 GiB do.
ld -m elf_i386 -Ttext 0xffff0000 -e start -o "$work/tiny.elf" "$work/tiny.o"
objcopy -O binary -j .text "$work/tiny.elf" "$work/tiny.rom"
size=$(stat -c %s "$work/tiny.rom")
[ "$size" = 65536 ] || die "the ROM has $size bytes and not 65536"
mv "$work/tiny.rom" "$output"
say "made $output"
