#!/bin/bash
# Makes a small Linux guest out of a Debian kernel package and busybox.
#
#   make-linux-guest.sh --output DIR [--flavour cloud|amd64] [--module NAME]...
#                       [--downloads DIR] [--refresh]
#
#   --output DIR      where the guest goes: DIR/vmlinux, DIR/initramfs.cpio and
#                     DIR/guest.txt, which says what they were made from
#   --flavour NAME    cloud (default): linux-image-cloud-amd64, the quickest to boot;
#                     it has no drivers for real hardware such as e1000, rtl8139
#                     or the LSI SCSI controller.
#                     amd64: linux-image-amd64, which has them
#   --module NAME     one more kernel module for the initramfs, with what it depends
#                     on; loaded when a device asks for it or a test does
#   --downloads DIR   where kernel packages are kept (default: DIR/../downloads)
#   --refresh         look for a newer kernel package even if the guest is up to date
#
# The kernel package is downloaded and unpacked, never installed; no root is needed
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
flavour=cloud output= downloads= refresh=

while [ $# -gt 0 ]; do
  case $1 in
    --output) output=$(value "$@"); shift 2 ;;
    --flavour) flavour=$(value "$@"); shift 2 ;;
    --module) modules+=("$(value "$@")"); shift 2 ;;
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
need dpkg-deb dpkg
need lz4 lz4
need xz xz-utils
busybox=$(command -v busybox)
is_static "$busybox" || die "$busybox is not statically linked: apt-get install busybox-static"

output=$(absolute "$output")
downloads=${downloads:-$(dirname "$output")/downloads}
lock "$output"

# The name of the newest kernel is not part of the recipe: a guest stays what it is
# until it is refreshed or its recipe changes, also when the archive moves on.
recipe=$( (echo "$flavour ${modules[*]}"
           sha256sum < "$busybox"
           cat "$here/make-linux-guest.sh" "$here/common.sh" "$here/guest-init") | sha256sum)
recipe=${recipe%% *}
if [ -z "$refresh" ] && up_to_date "$output" "$recipe" vmlinux initramfs.cpio; then
  say "$output is up to date"
  exit 0
fi

scratch "$output"
mkdir -p "$downloads" "$work/guest"

# The newest kernel that is there already will do, unless asked to refresh. The digit
# before the suffix keeps flavours apart: 6.1.0-56-amd64, 6.1.0-56-cloud-amd64.
kept=$(find "$downloads" -maxdepth 1 -name "linux-image-[0-9]*[0-9]-${package#linux-image-}_*.deb" |
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

# --- initramfs ---------------------------------------------------------------
root=$work/root
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

tree=$work/package/lib/modules/$release
"$busybox" depmod -b "$work/package" "$release"
here_modules=$(select_modules "$tree" "${modules[@]}")
while read -r module; do
  install -D -m 644 "$tree/$module" "$root/lib/modules/$release/$module"
  # Debug sections are half of a module, and every byte is copied at every boot.
  # (Debian's signatures go with them; its kernels do not insist on them.)
  if command -v strip > /dev/null; then strip -g "$root/lib/modules/$release/$module"; fi
done < <(awk '$1 == "load" { print $2 }' <<< "$here_modules")
"$busybox" depmod -b "$root" "$release"
rm -f "$root/lib/modules/$release/modules.symbols"

# Sorted and without times and owners of this machine: the same recipe and kernel
# give the same bytes.
find "$root" -exec touch -h -d @0 {} +
(cd "$root" && find . | LC_ALL=C sort |
  cpio --quiet -o -H newc --reproducible --owner=+0:+0) > "$work/guest/initramfs.cpio"

{
  echo "recipe: $recipe"
  echo "kernel package: $(basename "$deb")"
  echo "kernel release: $release"
  echo "busybox: $("$busybox" | sed -n 1p)"
  awk '$1 != "load" { print "module " $2 ": " $1 }' <<< "$here_modules"
} > "$work/guest/guest.txt"

publish "$work/guest" "$output" "$recipe"
say "made $output ($release, initramfs $(( $(stat -c %s "$output/initramfs.cpio") / 1024 )) KiB)"
