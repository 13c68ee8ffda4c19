#!/bin/bash
# Builds this tree as kvm-unit-tests builds theirs, into a directory of its own:
#
#   build.sh OUTPUT_DIR      makes OUTPUT_DIR/config.mak and OUTPUT_DIR/x86/{unittests.cfg,*.flat}
#
# Takes gcc and binutils for x86; no headers or libraries of 32 bits.
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
output=${1:?usage: build.sh OUTPUT_DIR}
mkdir -p "$output/x86"
flags=(-m32 -march=i686 -O1 -Wall -Wextra -Werror -std=gnu11 -ffreestanding -nostdlib -static -fno-pic
  -no-pie -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none -mno-sse)
for source in "$here"/x86/*.c; do
  name=$(basename "$source" .c)
  # To the side and renamed, for those that run the tests meanwhile.
  gcc "${flags[@]}" -Wl,-T,"$here/lib/kut.ld",--build-id=none \
    -o "$output/x86/$name.new" "$here/lib/start.S" "$here/lib/kut.c" "$source"
  mv "$output/x86/$name.new" "$output/x86/$name.flat"
done
cp "$here/x86/unittests.cfg" "$output/x86/unittests.cfg"
printf '%s\n' ARCH=x86_64 TEST_DIR=x86 > "$output/config.mak"
