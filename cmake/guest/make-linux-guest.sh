#!/bin/bash
# Makes a small Linux guest out of a Debian kernel package and busybox.
#
#   make-linux-guest.sh --output DIR [--flavour cloud|amd64] [--module NAME]...
#                       [--package NAME]... [--file FILE=PLACE]... [--command TEXT]
#                       [--downloads DIR] [--refresh]
#   make-linux-guest.sh --output DIR --kernel FILE [--file FILE=PLACE]... [--command TEXT]
#
#   --output DIR      where the guest goes: DIR/vmlinux, DIR/initramfs.cpio and
#                     DIR/guest.txt, which says what they were made from
#   --flavour NAME    cloud (default): linux-image-cloud-amd64, the quickest to boot;
#                     it has no drivers for real hardware such as e1000, rtl8139
#                     or the LSI SCSI controller.
#                     amd64: linux-image-amd64, which has them
#   --module NAME     one more kernel module for the initramfs, with what it depends
#                     on; loaded when a device asks for it or a test does
#   --package NAME    a Debian package to have in the initramfs, with all that it depends
#                     on; NAME=VERSION as apt-get takes it. Its programs come before
#                     busybox's in the guest's shell; its maintainer scripts do not run
#   --file FILE=PLACE puts a file at this absolute path of the guest, or into this
#                     directory if it ends in /
#   --command TEXT    what the guest's shell runs at each boot, before it is ready
#   --kernel FILE     a kernel of one's own, with the drivers it needs built in: it
#                     becomes DIR/kernel, and there is no DIR/vmlinux
#   --downloads DIR   where packages are kept (default: DIR/../downloads)
#   --refresh         look for newer packages even if the guest is up to date
#
# Packages are downloaded and unpacked, never installed; no root is needed
# as long as apt's package lists are there. A guest that is up to date is left
# alone, and a new one replaces the old in one rename, so that a qemu started at any
# moment finds a whole guest.
set -euo pipefail

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
. "$here/common.sh"

# What a test's VM may have plugged in. Not every flavour has every module: those
# that are missing or built into the kernel are listed in guest.txt.
modules=(virtio_pci virtio_mmio virtio_net virtio_blk virtio_scsi virtio-rng virtio_balloon virtio_console
         e1000 8139cp ata_piix ahci sym53c8xx sd_mod nvme button evdev pvpanic-pci i6300esb)
packages=() files=()
flavour=cloud output= downloads= refresh= kernel= command=

while [ $# -gt 0 ]; do
  case $1 in
    --output) output=$(value "$@"); shift 2 ;;
    --flavour) flavour=$(value "$@"); shift 2 ;;
    --module) modules+=("$(value "$@")"); shift 2 ;;
    --package) packages+=("$(value "$@")"); shift 2 ;;
    --file) files+=("$(value "$@")"); shift 2 ;;
    --command) command=${2-}; shift 2 ;;
    --kernel) kernel=$(value "$@"); shift 2 ;;
    --downloads) downloads=$(value "$@"); shift 2 ;;
    --refresh) refresh=yes; shift ;;
    -h|--help) usage "${BASH_SOURCE[0]}"; exit 0 ;;
    *) die "unknown argument '$1' (see --help)" ;;
  esac
done
[ -n "$output" ] || die "--output DIR is missing"
case $flavour in
  cloud) package=linux-image-cloud-amd64 ;;
  amd64) package=linux-image-amd64 ;;
  *) die "no flavour named '$flavour': cloud or amd64" ;;
esac
need busybox busybox-static
need cpio cpio
for file in "${files[@]}"; do
  [[ $file == *=/* && $file != *=*/../* && $file != *[/=].. ]] || die "--file $file: not FILE=/PLACE"
  [ -f "${file%=/*}" ] || die "there is no file ${file%=/*}"
done
image=vmlinux
if [ -n "$kernel" ]; then
  [ -s "$kernel" ] || die "there is no kernel $kernel"
  [ ${#packages[@]} = 0 ] || die "--package goes with Debian's kernel, not with --kernel"
  image=kernel
else
  need dpkg-deb dpkg
  need lz4 lz4
  need xz xz-utils
fi
busybox=$(command -v busybox)
is_static "$busybox" || die "$busybox is not statically linked: apt-get install busybox-static"

output=$(absolute "$output")
downloads=${downloads:-$(dirname "$output")/downloads}
lock "$output"

# The versions of packages are not part of the recipe: a guest stays what it is
# until it is refreshed or its recipe changes, also when the archive moves on.
recipe=$( (echo "$flavour ${modules[*]}"
           if [ -n "$kernel" ]; then sha256sum < "$kernel"; fi
           printf 'package %s\n' "${packages[@]}"
           for file in "${files[@]}"; do
             printf 'file %s\n' "${file##*=}"; stat -L -c %a "${file%=/*}"; sha256sum < "${file%=/*}"
           done
           printf 'command %s\n' "$command"
           sha256sum < "$busybox"
           cat "$here/make-linux-guest.sh" "$here/common.sh" "$here/guest-init") | sha256sum)
recipe=${recipe%% *}
if [ -z "$refresh" ] && up_to_date "$output" "$recipe" "$image" initramfs.cpio; then
  say "$output is up to date"
  exit 0
fi

scratch "$output"
mkdir -p "$work/guest"

# The kernel out of a Debian package, newest first of those that are there already unless
# asked to refresh. The digit before the suffix keeps flavours apart: 6.1.0-56-amd64, 6.1.0-56-cloud-amd64.
debian_kernel() {
  local kept
  mkdir -p "$downloads"
  kept=$(find -H "$downloads" -maxdepth 1 -name "linux-image-[0-9]*[0-9]-${package#linux-image-}_*.deb" |
         sort -V | tail -n1)
  if [ -n "$kept" ] && [ -z "$refresh" ]; then
    deb=$kept
  else
    deb=$(download_kernel "$package" "$downloads")
  fi
  say "unpacking $(basename "$deb")"
  dpkg-deb -x "$deb" "$work/package"
  release=$(basename "$work"/package/boot/vmlinuz-*)
  release=${release#vmlinuz-}
  say "extracting vmlinux of $release"
  extract_vmlinux "$work/package/boot/vmlinuz-$release" "$work/guest/vmlinux"
}

if [ -n "$kernel" ]; then
  cp "$kernel" "$work/guest/kernel"
else
  debian_kernel
fi

# --- initramfs ---------------------------------------------------------------
root=$work/root
if [ ${#packages[@]} -gt 0 ]; then
  debs=$(package_files "$downloads" "$refresh" "${packages[@]}")
  unpack_packages "$root" $debs
fi
mkdir -p "$root"/{bin,dev,etc/acpi/PWRF,lib/modules,proc,run,sys,tmp,var/run}
ln -s bin "$root/sbin"
cp "$busybox" "$root/bin/busybox"
for applet in $("$busybox" --list); do
  [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done
install -m 755 "$here/guest-init" "$root/init"
# What acpid runs when the power button is pressed.
cat > "$root/etc/acpi/PWRF/00000080" <<'BUTTON'
#!/bin/sh
echo 'kvmtest-guest: power button' > /dev/console
exec poweroff -f
BUTTON
chmod 755 "$root/etc/acpi/PWRF/00000080"

here_modules=
if [ -z "$kernel" ]; then
  tree=$work/package/lib/modules/$release
  "$busybox" depmod -b "$work/package" "$release"
  here_modules=$(select_modules "$tree" "${modules[@]}")
  mkdir -p "$root/lib/modules/$release"
  while read -r module; do
    install -D -m 644 "$tree/$module" "$root/lib/modules/$release/$module"
    # Debug sections are half of a module, and every byte is copied at every boot.
    # (Debian's signatures go with them; its kernels do not insist on them.)
    if command -v strip > /dev/null; then strip -g "$root/lib/modules/$release/$module"; fi
  done < <(awk '$1 == "load" { print $2 }' <<< "$here_modules")
  "$busybox" depmod -b "$root" "$release"
  rm -f "$root/lib/modules/$release/modules.symbols"
fi

# What a package brings and busybox has not, at its old place, too.
for program in "$root"/usr/bin/* "$root"/usr/sbin/*; do
  name=$(basename "$program")
  [ ! -e "$program" ] || [ -e "$root/bin/$name" ] || ln -s "${program#"$root"}" "$root/bin/$name"
done
for file in "${files[@]}"; do
  place=${file##*=/}
  if [[ $file == */ ]]; then place+=$(basename "${file%=/*}"); fi
  place=$(realpath -m "$root/$place")
  [[ $place == "$root"/* ]] || die "--file $file: a link of a package leads out of the guest"
  mkdir -p "$(dirname "$place")"
  install -m "$(stat -L -c %a "${file%=/*}")" "${file%=/*}" "$place"
done
if [ -n "$command" ]; then
  mkdir -p "$root/etc/kvmtest"
  printf '%s\n' "$command" > "$root/etc/kvmtest/command"
fi

# Sorted and without times and owners of this machine: the same recipe and kernel
# give the same bytes.
find "$root" -exec touch -h -d @0 {} +
(cd "$root" && find . | LC_ALL=C sort |
  cpio --quiet -o -H newc --reproducible --owner=+0:+0) > "$work/guest/initramfs.cpio"

{
  echo "recipe: $recipe"
  if [ -n "$kernel" ]; then
    echo "kernel: $(sha256sum < "$kernel")"
  else
    echo "kernel package: $(basename "$deb")"
    echo "kernel release: $release"
  fi
  echo "busybox: $("$busybox" | sed -n 1p)"
  for file in ${debs:-}; do echo "package: $(basename "$file")"; done
  awk 'NF && $1 != "load" { print "module " $2 ": " $1 }' <<< "$here_modules"
} > "$work/guest/guest.txt"

publish "$work/guest" "$output" "$recipe"
say "made $output (${release:-${kernel##*/}}, initramfs $(( $(stat -c %s "$output/initramfs.cpio") / 1024 )) KiB)"
