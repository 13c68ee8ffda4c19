"""A small Debian archive in a directory, and an apt that knows nothing else. No root is needed."""

import hashlib
import os
import shutil
import struct
import subprocess

# name, version, depends, {path: (text, mode)}
PACKAGES = [
    ("linux-image-cloud-amd64", "9.9", "linux-image-9.9.0-1-cloud-amd64", {}),
    ("linux-image-9.9.0-1-cloud-amd64", "9.9.0-1", "", {
        "boot/vmlinuz-9.9.0-1-cloud-amd64": (None, 0o644),
        "lib/modules/9.9.0-1-cloud-amd64/modules.builtin": ("", 0o644)}),
    ("tool", "1.0", "libtool (>= 2:1.5), adduser", {
        "sbin/tool": ("#!/bin/sh\n", 0o755), "bin/ls": ("#!/bin/sh\n", 0o755),
        "usr/share/doc/tool/README": ("manual", 0o644)}),
    ("tool", "2.0", "", {}),
    ("libtool", "2:1.5-1", "", {"lib/libtool.so": ("lib", 0o644)}),
    ("adduser", "3", "", {"usr/bin/install-tool": ("", 0o755)})]


def bzimage():
    """A kernel that unpacks to the first bytes of an ELF, by the header's fields."""
    payload = subprocess.run(["lz4", "-l", "-c"], input=b"\x7fELF and so on", capture_output=True, check=True).stdout
    payload += struct.pack("<I", 14)
    header = bytearray(1024)
    header[0x1f1] = 1
    header[0x202:0x206] = b"HdrS"
    struct.pack_into("<II", header, 0x248, 0, len(payload))
    return bytes(header) + payload


class Apt:
    def __init__(self, directory):
        self.archive = os.path.join(directory, "archive")
        self.lists = os.path.join(directory, "apt", "lists")
        self.env = {"APT_CONFIG": os.path.join(directory, "apt", "apt.conf")}


def build(directory, name, version, depends, files):
    tree = os.path.join(directory, "tree")
    shutil.rmtree(tree, ignore_errors=True)
    os.makedirs(tree + "/DEBIAN")
    control = (f"Package: {name}\nVersion: {version}\nArchitecture: amd64\nMaintainer: nobody\n"
               + (f"Depends: {depends}\n" if depends else "") + "Description: for a test\n")
    with open(tree + "/DEBIAN/control", "w", encoding="ascii") as file:
        file.write(control)
    for path, (text, mode) in files.items():
        path = os.path.join(tree, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(bzimage() if text is None else text.encode())
        os.chmod(path, mode)
    deb = f"{name}_{version.replace(':', '%3a')}_amd64.deb"
    place = os.path.join(directory, "archive", deb)
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "-b", tree, place], check=True,
                   stdout=subprocess.DEVNULL)
    with open(place, "rb") as file:
        content = file.read()
    return (control.rstrip("\n") + f"\nFilename: ./{deb}\nSize: {len(content)}\n"
            f"SHA256: {hashlib.sha256(content).hexdigest()}\n\n")


def make(box):
    """None, and a line that says why, where there is no apt."""
    for program in ("apt-get", "dpkg-deb", "cpio", "lz4"):
        if shutil.which(program) is None:
            print(f"SKIP {program} is missing")
            return None
    apt = Apt(box.dir)
    os.makedirs(apt.archive)
    with open(apt.archive + "/Packages", "w", encoding="ascii") as file:
        for package in PACKAGES:
            file.write(build(box.dir, *package))
    home = os.path.dirname(apt.lists)
    for directory in ("lists/partial", "cache/archives/partial", "etc/apt.conf.d", "etc/preferences.d"):
        os.makedirs(os.path.join(home, directory))
    with open(home + "/sources.list", "w", encoding="ascii") as file:
        file.write(f"deb [trusted=yes arch=amd64] file:{apt.archive} ./\n")
    with open(home + "/status", "w", encoding="ascii"):
        pass
    with open(apt.env["APT_CONFIG"], "w", encoding="ascii") as file:
        file.write(f"""\
Dir::Etc "{home}/etc";
Dir::Etc::sourcelist "{home}/sources.list";
Dir::Etc::sourceparts "{home}/nothing";
Dir::State "{home}";
Dir::State::lists "{apt.lists}";
Dir::State::status "{home}/status";
Dir::Cache "{home}/cache";
APT::Architecture "amd64";
APT::Architectures {{ "amd64"; }};
Acquire::Languages "none";
""")
    box.run("apt-get", "-qq", "-o", "APT::Sandbox::User=", "update", env=apt.env).expect(0)
    return apt
