#!/usr/bin/env python3
"""Files that the user names for output: outputs.py PROGRAM CONFIG FOLDER

They are written to the side and renamed; but a link stays a link, and a device or a pipe is written
to."""
import os
import shutil
import subprocess
import sys

program, config, folder = sys.argv[1:]
shutil.rmtree(folder, ignore_errors=True)
os.makedirs(folder)
os.chdir(folder)


def fail(text):
    print(f"FAIL: {text}")
    sys.exit(1)


def write(path, **options):
    command = [program, "plan", "--dhcp-hosts", path, config]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=60, **options)


def check(what, condition):
    if not condition:
        fail(what)


check("a new file", write("plain", stdout=subprocess.DEVNULL).returncode == 0)
with open("plain", encoding="utf-8") as file:
    hosts = file.read()
check("a line for each address", len(hosts.splitlines()) > 100)

os.mkdir("elsewhere")
with open("elsewhere/target", "w", encoding="utf-8") as file:
    file.write("old")
os.symlink("elsewhere/target", "link")
check("through a link", write("link", stdout=subprocess.DEVNULL).returncode == 0)
with open("elsewhere/target", encoding="utf-8") as file:
    check("the link's target is written", file.read() == hosts)
check("the link is one still", os.path.islink("link"))

os.symlink("/dev/null", "null")
check("a device", write("null", stdout=subprocess.DEVNULL).returncode == 0)
check("the device is one still", not os.path.isfile("/dev/null") and os.path.islink("null"))

done = write("/dev/stdout", stdout=subprocess.PIPE)
check("standard output", done.returncode == 0 and done.stdout.startswith(hosts))

os.mkfifo("pipe")
with subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE, text=True) as reader:
    check("a pipe", write("pipe", stdout=subprocess.DEVNULL).returncode == 0)
    check("what went through it", reader.communicate(timeout=60)[0] == hosts)

done = write("elsewhere", stdout=subprocess.DEVNULL)
check(done.stderr, done.returncode == 3 and "error: cannot create elsewhere: Is a directory" in done.stderr)
print("PASS")
