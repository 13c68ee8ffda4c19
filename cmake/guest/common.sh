# What the scripts of this folder share. Sourced, not run.

say() { echo "$(basename "$0"): $*" >&2; }
die() { echo "$(basename "$0"): error: $*" >&2; exit 1; }

# The value that follows an option: value "$@"
value() { [ $# -ge 2 ] && [ -n "$2" ] || die "$1 needs a value"; echo "$2"; }

# The comment at the head of a script is its help.
usage() { sed -n '2,/^[^#]/{/^#/{s/^# \{0,1\}//;p}}' "$1"; }

need() { command -v "$1" > /dev/null || die "'$1' is missing: apt-get install $2"; }

absolute() { mkdir -p "$(dirname "$1")"; echo "$(cd "$(dirname "$1")" && pwd -P)/$(basename "$1")"; }

is_static() { ! LC_ALL=C grep -qaF '/lib64/ld-linux-x86-64.so.2' "$1"; }

# Two builds of one guest wait for each other instead of meeting in the middle. Who has the lock
# removes what one has left that was killed (scratch).
lock() {
  exec {lock_fd}> "$1.lock"
  flock -w 600 "$lock_fd" || die "another process has been making $1 for 10 minutes"
  rm -rf "$1".making.??????
}

# up_to_date DIR RECIPE FILE...: was DIR made from RECIPE, and are its files there?
up_to_date() {
  local dir=$1 recipe=$2 file
  shift 2
  [ "$(sed -n 's/^recipe: //p' "$dir/guest.txt" 2> /dev/null)" = "$recipe" ] || return 1
  for file; do [ -s "$dir/$file" ] || return 1; done
}

# scratch DIR: makes a directory to work in, $work, beside DIR so that what is made
# there can be renamed into place; it goes away with the script.
scratch() {
  work=$(mktemp -d "$1.making.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' INT TERM HUP
}

# publish NEW DIR RECIPE: DIR, a symbolic link, points to NEW's new place from one
# moment to the next. A qemu that has the old files open keeps them.
publish() {
  local old place
  # ninja makes the directories of what a rule makes.
  [ -L "$2" ] || [ ! -e "$2" ] || rmdir "$2" 2> /dev/null || die "$2 is there and none of ours: remove it"
  place=$(dirname "$2")/.$(basename "$2")-${3:0:12}
  old=
  if [ -L "$2" ]; then old=$(readlink -f "$2" || true); fi
  chmod 755 "$1"
  rm -rf "$place.old"
  if [ -e "$place" ]; then mv -T "$place" "$place.old"; fi
  mv -T "$1" "$place"
  ln -s "$(basename "$place")" "$work/link"
  mv -T "$work/link" "$2"
  rm -rf "$place.old"
  if [ -n "$old" ] && [ "$old" != "$place" ]; then rm -rf "$old"; fi
}

# Little-endian numbers out of a file: number FILE OFFSET SIZE
number() { od -An -t "u$3" -j "$2" -N "$3" "$1" | tr -d ' '; }

# extract_vmlinux BZIMAGE FILE: the compressed kernel inside a bzImage, as ELF. qemu
# starts that by itself (PVH), without the real-mode start and the unpacking,
# which under TCG costs 0.5 to 1 s of CPU time.
extract_vmlinux() {
  local start length magic
  [ "$(od -An -c -j 514 -N 4 "$1" | tr -d ' ')" = HdrS ] || die "$1 is not a bzImage"
  # Documentation/x86/boot.rst: setup_sects at 0x1f1, payload_offset and
  # payload_length at 0x248; the offset counts from the protected-mode part.
  start=$(( ($(number "$1" $((0x1f1)) 1) + 1) * 512 + $(number "$1" $((0x248)) 4) ))
  length=$(number "$1" $((0x24c)) 4)
  tail -c +$((start + 1)) "$1" | head -c "$length" > "$2.packed" || true
  magic=$(od -An -t x1 -N 4 "$2.packed" | tr -d ' ')
  # Behind the stream stand four bytes with the unpacked size, which lz4 and xz
  # would take for the begin of another stream.
  case $magic in
    02214c18) head -c -4 "$2.packed" | lz4 -dc > "$2" ;;
    fd377a58) head -c -4 "$2.packed" | xz -dc > "$2" ;;
    28b52ffd) need zstd zstd; head -c -4 "$2.packed" | zstd -dc > "$2" ;;
    1f8b08*) gzip -dc < "$2.packed" > "$2" ;;
    *) die "$1 is compressed in a way that is not known here (magic $magic)" ;;
  esac
  rm "$2.packed"
  [ "$(od -An -t x1 -N 4 "$2" | tr -d ' ')" = 7f454c46 ] || die "no ELF kernel came out of $1"
}

# select_modules TREE NAME...: lines "load PATH" for the modules and all they depend
# on, "missing NAME" and "built-in NAME" for the rest.
select_modules() {
  local tree=$1
  shift
  awk -v names="$*" -v builtin="$tree/modules.builtin" -v dep="$tree/modules.dep" '
    function plain(path) { sub(/.*\//, "", path); sub(/\.ko$/, "", path); gsub(/-/, "_", path); return path }
    BEGIN {
      while ((getline line < builtin) > 0) is_builtin[plain(line)] = 1
      while ((getline line < dep) > 0) {
        split(line, part, ":"); path_of[plain(part[1])] = part[1]; needs[part[1]] = part[2]
      }
      count = split(names, name, " ")
      for (i = 1; i <= count; i++) {
        key = name[i]; gsub(/-/, "_", key)
        if (key in path_of) {
          all = path_of[key] " " needs[path_of[key]]
          many = split(all, file, " ")
          for (j = 1; j <= many; j++) if (!seen[file[j]]++) print "load", file[j]
        } else print (key in is_builtin) ? "built-in" : "missing", name[i]
      }
    }'
}

# download_kernel METAPACKAGE DIR: downloads the kernel package that it stands for and prints its file.
download_kernel() {
  local versioned deb
  need apt-get apt
  versioned=$(kernel_of "$1") || true
  if [ -z "$versioned" ]; then
    update_lists
    versioned=$(kernel_of "$1") || true
  fi
  [ -n "$versioned" ] || die "apt knows no package '$1': is there a Debian archive in its sources?"
  say "downloading $versioned"
  # Lists that are a few weeks old name packages which the archive has replaced.
  fetch "$2" "$versioned" || { update_lists; versioned=$(kernel_of "$1"); fetch "$2" "$versioned"; } ||
    die "apt-get download $versioned failed"
  deb=$(find -H "$2" -maxdepth 1 -name "${versioned}_*.deb" | sort -V | tail -n1)
  [ -n "$deb" ] || die "apt-get download left no package in $2"
  echo "$deb"
}

kernel_of() {
  apt-cache depends "$1" 2> /dev/null | awk '$1 == "Depends:" && $2 ~ /^linux-image-[0-9]/ { print $2; exit }'
}

# fetch DIR PACKAGE...: apt writes to the folder it stands in; a broken download must not look like a package.
fetch() {
  local dir=$1 aside=$1/.fetching.$$ sandbox=()
  shift
  # apt downloads as user _apt where it can, and warns where that user may not write.
  if [ "$(id -u)" = 0 ]; then sandbox=(-o APT::Sandbox::User=root); fi
  rm -rf "$aside"
  mkdir -p "$aside"
  (cd "$aside" && apt-get "${sandbox[@]}" -qq download "$@" >&2) && mv "$aside"/*.deb "$dir" || { rm -rf "$aside"; return 1; }
  rm -rf "$aside"
}

# Packages that others depend on for being installed, not for running: none of them is
# needed where no maintainer script runs, and half of a Debian comes with them.
installers="adduser debconf dpkg init-system-helpers install-info lsb-base passwd ucf"

# needed_packages NAME...: "NAME VERSION ARCHITECTURE" of these packages and of all that they depend on.
needed_packages() {
  local status=$work/status name
  for name in $installers; do
    [[ " $* " == *" $name "* ]] || printf 'Package: %s\nStatus: install ok installed\nArchitecture: all
Multi-Arch: foreign\nMaintainer: nobody\nVersion: 999\nProvides: debconf-2.0\nDescription: left out\n\n' "$name"
  done > "$status"
  # As if nothing else were installed. The machine's own pkgcache.bin stays what it is.
  apt-get -o "Dir::State::status=$status" -o Dir::Cache::pkgcache= -o Debug::NoLocking=1 \
          -qq -s --no-install-recommends install "$@" 2> "$work/apt.log" |
    sed -n 's/^Inst \([^ :]*\)[^ ]* (\([^ ]*\) .*\[\([a-z0-9]*\)\]).*/\1 \2 \3/p'
}

# package_files DOWNLOADS REFRESH NAME...: the files of these packages and of all that they
# depend on, downloaded if they are not there. What was chosen stands in a list beside
# them, so that neither archive nor apt's lists are needed the next time.
package_files() {
  local downloads=$1 refresh=$2 list name version arch file needed missing=()
  shift 2
  need apt-get apt
  mkdir -p "$downloads"
  list=$( (. /etc/os-release; echo "$ID ${VERSION_CODENAME:-} $(dpkg --print-architecture) $*") | sha256sum)
  list=$downloads/packages-${list:0:16}.txt
  if [ -z "$refresh" ] && [ -s "$list" ] && (cd "$downloads" && ls -- $(< "$list")) > /dev/null 2>&1; then
    sed "s,^,$downloads/," "$list"
    return
  fi
  needed=$(needed_packages "$@") || { cat "$work/apt.log" >&2; update_lists; needed=$(needed_packages "$@"); } ||
    die "apt cannot have $*:"$'\n'"$(cat "$work/apt.log")"
  while read -r name version arch; do
    file=${name}_${version//:/%3a}_$arch.deb
    echo "$file"
    [ -s "$downloads/$file" ] || missing+=("$name=$version")
  done <<< "$needed" > "$work/packages"
  if [ ${#missing[@]} -gt 0 ]; then
    say "downloading ${missing[*]}"
    fetch "$downloads" "${missing[@]}" || die "apt-get download ${missing[*]} failed"
  fi
  sort -o "$work/packages" "$work/packages"
  mv "$work/packages" "$list"
  sed "s,^,$downloads/," "$list"
}

# unpack_packages ROOT DEB...: all that is in bin, sbin and lib goes to usr; manuals are left out.
unpack_packages() {
  local root=$1 deb
  shift
  mkdir -p "$root"/usr/{bin,sbin,lib,lib64} "$work/unpacked"
  ln -s usr/lib usr/lib64 "$root"
  cp -a "$root/." "$work/unpacked"
  ln -s usr/bin usr/sbin "$work/unpacked"
  for deb; do
    dpkg-deb --fsys-tarfile "$deb" |
      tar -x -C "$work/unpacked" --keep-directory-symlink --no-same-owner \
          --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/info/*' \
          --exclude='./usr/share/locale/*' --exclude='./usr/share/lintian/*' --exclude='./usr/lib/*/gconv/*'
  done
  rm "$work"/unpacked/{bin,sbin}
  cp -a "$work/unpacked/." "$root"
  rm -rf "$work/unpacked"
}

update_lists() {
  say "updating apt's package lists"
  if [ "$(id -u)" = 0 ]; then apt-get -qq update >&2
  elif command -v sudo > /dev/null; then sudo apt-get -qq update >&2
  else die "apt's package lists are missing or old, and updating them needs root or sudo"; fi
}
