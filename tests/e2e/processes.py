"""What /proc says about the processes of one run, found by an environment variable that
they have inherited; asked afresh each time, never from what a runner has written."""
import os

MARK = "KVMTEST_E2E_RUN"
TICKS = os.sysconf("SC_CLK_TCK")


def _read(pid, name):
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read()
    except OSError:  # it has gone, or is somebody else's
        return b""


def stat(pid):
    """(state, parent, start in ticks since the machine's boot) or None if there is no such process."""
    text = _read(pid, "stat")
    if not text:
        return None
    fields = text[text.rindex(b")") + 2:].split()
    return fields[0].decode(), int(fields[1]), int(fields[19])


def alive(pid, start):
    """Is this very process, not a later one of the same number, there and not dead?"""
    now = stat(pid)
    return now is not None and now[2] == start and now[0] not in "ZX"


def argv(pid):
    return [word.decode(errors="replace") for word in _read(pid, "cmdline").split(b"\0")[:-1]]


def environment(pid):
    pairs = (entry.partition(b"=") for entry in _read(pid, "environ").split(b"\0"))
    return {key.decode(errors="replace"): value.decode(errors="replace") for key, _, value in pairs if key}


def of_run(mark):
    """The pids of all processes of the run, this one left out."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid() and wanted in _read(name, "environ").split(b"\0"):
            found.append(int(name))
    return found


def locked_files(pid):
    """The files that the process has open under a lock (flock): its own, or one that it inherited."""
    found = []
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            if b"FLOCK" in _read(pid, f"fdinfo/{name}"):
                found.append(os.readlink(f"/proc/{pid}/fd/{name}"))
    except OSError:  # it has gone
        pass
    return sorted(found)


def program(pid):
    words = argv(pid)
    return os.path.basename(words[0]) if words else ""


def qemus(mark):
    """The pids of the run's living qemus."""
    return [pid for pid in of_run(mark)
            if program(pid).startswith("qemu-system") and (stat(pid) or "Z")[0] not in "ZX"]
