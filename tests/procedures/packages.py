"""Programs of Debian's for a guest: from packages that are unpacked and not installed, in a second
archive behind the guest's own initramfs."""

import glob
import os
import shutil
import subprocess

from guests import Skip, need


def run(*command, **options):
    done = subprocess.run(command, check=False, capture_output=True, timeout=120, **options)
    if done.returncode != 0:
        raise Skip(f"{' '.join(command)}: {done.stderr.decode(errors='replace')[-200:]}")
    return done.stdout


def unpacked(box, names):
    """Where the packages are, out of the archive of this machine's own distribution."""
    need("apt-get", "dpkg-deb", "cpio")
    packages = box.path("packages")
    os.makedirs(packages)
    run("apt-get", "download", *names, cwd=packages)
    for package in glob.glob(packages + "/*.deb"):
        run("dpkg-deb", "-x", package, box.path("root"))
    return box.path("root")


def put(target, *patterns):
    os.makedirs(target, exist_ok=True)
    for pattern in patterns:
        for path in glob.glob(pattern, recursive=True):
            shutil.copy(os.path.realpath(path), os.path.join(target, os.path.basename(path)))


def libraries(root, *names):
    return [root + "/**/ld-linux-x86-64.so.2", *(f"{root}/**/{name}.so*" for name in names)]


def put_text(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    os.chmod(path, mode)


def initrd_with(box, initrd, tree):
    """The guest's initramfs and the tree behind it."""
    names = sorted(os.path.relpath(os.path.join(d, f), tree) for d, ds, fs in os.walk(tree)
                   for f in ds + fs)
    more = run("cpio", "--quiet", "-o", "-H", "newc", "--owner=+0:+0", cwd=tree,
               input="\n".join(names).encode())
    with open(initrd, "rb") as base, open(box.path("initrd"), "wb") as file:
        content = base.read()
        file.write(content + bytes(-len(content) % 512) + more)
    return box.path("initrd")
