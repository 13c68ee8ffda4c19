#!/usr/bin/env python3
"""Procedures about a machine's state: state.py --runner ... --guests DIR <case>"""

import hashlib
import json
import os
import stat
import subprocess
import sys

import guests
from guests import Failure, digest, expect_equal, leak, linux, need, runs


def wrapper(box, body):
    """A qemu that is started by a shell script; `for_receiver` of it says what a machine that
    waits for a state gets."""
    path = box.path("qemu-wrapper")
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n" + body)
    os.chmod(path, stat.S_IRWXU)
    return path


def smaller_receiver(box):
    """A machine that waits for a state has another memory than the one that sends it."""
    return wrapper(box, 'case "$*" in\n'
                        '*"-incoming defer"*) exec qemu-system-x86_64 "$@" -m 96 ;;\n'
                        'esac\nexec qemu-system-x86_64 "$@"\n')


def fake(box, answers, **params):
    """A machine that says what it is told to say; its guest is a shell of this host."""
    box.environment.update(FAKE_QEMU="good", FAKE_QEMU_ANSWERS=json.dumps(answers),
                           TMPDIR=box.directory)
    box.common["qemu_binary"] = os.path.join(os.path.dirname(runs.__file__), "fake_qemu.py")
    return {"nics": "", **params}


def measured(outcome, *names):
    found = outcome.result()["measurements"]
    for name in names:
        if name not in found:
            raise Failure(f"no measurement {name}: {found}")
    return found


def case_migration(box):
    """There and back again by every way, while both qemus have the same disk, which is written
    all the time; with the commands that configurations bring along."""
    outcome = box.run_one(linux(
        box, type="migration", migration_protocol="tcp unix exec fd", images="image1",
        image_size="32M", image_name=box.path("x"), create_image="yes", drive_format="virtio",
        migration_test_command="cat /proc/cmdline",
        migration_bg_command="sh -c 'echo $$ > /tmp/bg; while :; do date >> /tmp/log;"
                             " dd if=/tmp/log of=/dev/vda conv=fsync; sleep 0.2; done'",
        migration_bg_check_command="kill -0 $(cat /tmp/bg) && echo x |"
                                   " dd of=/dev/vda bs=1M seek=1 conv=fsync",
        migration_bg_kill_command="kill $(cat /tmp/bg)"), timeout=120)
    outcome.expect(0, r"PASS migration: migrated 4 times in [0-9.]+ s, down for [0-9.]+ s at most "
                      r"\(tcp, unix, exec, fd\)")
    measured(outcome, "migration_seconds", "migration_downtime_seconds", "migration_ram_mib")
    box.expect_nothing_left()


def case_migration_image_snapshot(box):
    """Nothing of what the guest has written stays behind in a file of the first qemu's."""
    outcome = box.run_one(linux(
        box, type="migration", images="image1", image_size="16M", image_name=box.path("x"), create_image="yes",
        drive_format="virtio", image_snapshot="yes",
        migration_bg_command="dd if=/dev/urandom of=/dev/vda bs=512 count=8 conv=fsync; sleep 1000 &",
        migration_test_command="echo 3 > /proc/sys/vm/drop_caches; dd if=/dev/vda bs=512 count=8 2> /dev/null | md5sum"),
        timeout=120)
    outcome.expect(0, r"PASS migration: migrated once in .*")


def case_migration_of_what_cannot_be_moved(box):
    """qemu says so of a device without a state that could be, and of a disk's format."""
    need("qemu-img")
    for name, more, reason in (("nvme", {"drive_format": "nvme"}, "non-migratable device.*nvme"),
                               ("vmdk", {"drive_format": "virtio", "image_format": "vmdk"},
                                ".*vmdk format .* does not support live migration")):
        box.add(name, linux(box, type="migration", images="image1", image_size="16M",
                            image_name=box.path("x"), create_image="yes", **more), timeout=120)
        box.run(name).expect(
            77, f"SKIP environment: vm1: qemu cannot migrate this machine: {reason}.*")


def case_migration_stalled(box):
    """Twin: at this pace it never ends."""
    box.run_one(linux(box, type="migration", migration_max_bandwidth="1000", mig_timeout="4")).expect(
        1, r"FAIL migration-timeout: vm1: the migration \(tcp\) did not end within 4 s \(mig_timeout\): "
           r"[0-9.]+ MiB sent, [0-9.]+ of [0-9.]+ MiB to go")


def case_migration_refused(box):
    """Twin: the other machine is not the same."""
    box.run_one(linux(box, type="migration", qemu_binary=smaller_receiver(box))).expect(
        1, r"FAIL migration-failed: vm1-dst1: the migration \(tcp\) failed: qemu ended with exit "
           r"status 1").expect_text("Size mismatch: pc.ram")


def case_migration_killed(box):
    """Twin: somebody ends the other qemu, who is to blame."""
    for name, how in (("KILL", r"qemu was killed from outside: signal 9 \(Killed\).*"),
                      ("TERM", "qemu was told to end by a signal from outside: .*")):
        killed = wrapper(box, 'case "$*" in\n*"-incoming defer"*) '
                              f"(sleep 6; kill -{name} $$) > /dev/null 2>&1 & ;;\n"
                              'esac\nexec qemu-system-x86_64 "$@"\n')
        box.add(name, linux(box, type="migration", migration_max_bandwidth="1000",
                            qemu_binary=killed), timeout=120)
        box.run(name).expect(1, "FAIL qemu-killed: vm1-dst1: " + how)


def case_migration_ends_work(box):
    """Twin: what ran in the guest before does not run any more."""
    box.run_one(linux(box, type="migration", migration_bg_command="exec sleep 0.1",
                      migration_bg_check_command="pidof sleep-of-mine")).expect(
        1, "FAIL command-failed: vm1-dst1: migration_bg_check_command ended with status 1: .*")


def case_migration_changes_guest(box):
    """Twin: the guest answers otherwise than before."""
    box.run_one(linux(box, type="migration", migration_test_command="cat /proc/uptime")).expect(
        1, "FAIL wrong-guest-state: vm1-dst1: after migration 1 migration_test_command has another "
           "output")


def case_save_restore_file(box):
    outcome = box.run_one(linux(box, type="save_restore"))
    outcome.expect(0, r"PASS save_restore: saved in [0-9.]+ s, restored in [0-9.]+ s \(file\)")
    measured(outcome, "save_seconds", "restore_seconds", "state_mib")
    box.expect_nothing_left()


def case_save_restore_snapshot(box):
    need("qemu-img")
    box.run_one(linux(box, type="save_restore", save_method="snapshot", images="image1",
                      image_name=box.path("x"), image_size="32M", create_image="yes",
                      drive_format="virtio")).expect(
        0, r"PASS save_restore: saved in [0-9.]+ s, restored in [0-9.]+ s \(snapshot\)")


def case_save_of_what_cannot_be_moved(box):
    """qemu says so, as it does before a migration; a snapshot holds the same state."""
    need("qemu-img")
    disk = {"images": "image1", "image_size": "16M", "image_name": box.path("x"), "create_image": "yes"}
    for name, more, reason in (
            ("file", {"drive_format": "nvme"}, "non-migratable device.*nvme"),
            ("snapshot", {"drive_format": "nvme"}, "non-migratable device.*nvme"),
            ("vmdk", {"drive_format": "virtio", "image_format": "vmdk"},
             ".*vmdk format .* does not support live migration")):
        box.add(name, linux(box, type="save_restore", **disk, **more,
                            save_method="snapshot" if name == "snapshot" else "file"), timeout=120)
        box.run(name).expect(
            77, f"SKIP environment: vm1: qemu cannot migrate this machine: {reason}.*")


def case_restore_refused(box):
    """Twin: the state does not fit the machine that is to have it."""
    box.run_one(linux(box, type="save_restore", qemu_binary=smaller_receiver(box))).expect(
        1, "FAIL restore-failed: vm1-restored: the restore failed: qemu ended with exit status 1")


def case_snapshot_of_raw_disk(box):
    """Twin: this disk can hold no snapshot."""
    need("qemu-img")
    box.run_one(linux(box, type="save_restore", save_method="snapshot", images="image1",
                      image_name=box.path("x"), image_size="32M", create_image="yes",
                      image_format="raw", drive_format="virtio")).expect(
        1, "FAIL save-failed: vm1: snapshot-save: .*does not support .*snapshots.*")


def case_restore_undoes_nothing(box):
    """Twin: qemu says that it has restored the state, but the guest just goes on."""
    concluded = {job: {"events": [["JOB_STATUS_CHANGE", {"id": job, "status": "concluded"}]]}
                 for job in ("snapshot-save", "snapshot-load")}
    disk = [{"device": "x", "inserted": {"node-name": "n", "ro": False}}]
    box.run_one(fake(box, {**concluded, "query-block": {"return": disk},
                           "query-jobs": {"return": []}},
                     type="save_restore", save_method="snapshot", images="image1",
                     image_name="/x", create_image="yes", image_size="1M")).expect(
        1, "FAIL wrong-guest-state: vm1: after the restore the guest still has what it did after "
           "the state was saved")


def case_stop_continue(box):
    box.run_one(linux(box, type="stop_continue", smp="2")).expect(
        0, "PASS stop_continue: stood still for 2 s and went on")


def case_stop_that_does_not(box):
    """Twin: qemu says that the machine is stopped, but its guest goes on."""
    box.run_one(fake(box, {"stop": {"events": [["STOP", {}]]}, "query-cpus-fast": {"return": []},
                           "query-status": {"return": {"status": "paused"}}},
                     type="stop_continue")).expect(
        1, "FAIL not-stopped: vm1: the machine is stopped, but its guest answered")


def case_stop_ignored(box):
    """Twin: qemu itself says that the machine still runs."""
    box.run_one(fake(box, {"stop": {"events": [["STOP", {}]]}}, type="stop_continue")).expect(
        1, "FAIL not-stopped: vm1: qemu says that the machine is 'running', not 'paused'")


def case_stop_without_an_event(box):
    """Twin: the test's time is up while its limits are not."""
    box.run_one(fake(box, {}, type="stop_continue"), timeout=5).expect(
        124, r"FAIL test-timeout: vm1: qemu sent no STOP within [0-9.]+ s \(then the time of the whole "
             r"test was up: timeout\)")


def case_balloon_at_the_deadline(box):
    """Twin: the guest gives nothing, and qemu is not to blame for it."""
    box.run_one(fake(box, {"query-balloon": {"return": {"actual": 1}}}, type="balloon", mem="128"),
                timeout=5).expect(
        124, r"FAIL balloon-timeout: vm1: the guest has 0 MiB [0-9.]+ s \(then the time of the whole "
             r"test was up: timeout\) after it was asked to have 96")


def case_panic_expected(box):
    outcome = box.run_one(linux(box, type="panic", panic_detected_by="both"))
    outcome.expect(0, r"PASS panic: the guest panicked, seen by pvpanic and the console after "
                      r"[0-9.]+ s")
    if measured(outcome, "panic_seconds")["panic_seconds"] > 10:
        raise Failure(outcome.verdict)


def case_panic_unnoticed_by_pvpanic(box):
    """Twin: a machine without the device tells nobody but its console."""
    box.run_one(linux(box, type="panic", panic_detected_by="both", panic_timeout="5",
                      qemu_binary=wrapper(box, PANIC_DEVICE_LEFT_OUT))).expect(
        1, r"FAIL no-panic: vm1: no panic within 5 s \(panic_timeout\): seen by the console, wanted: both")


# "$@" without the device, whatever the other words hold.
PANIC_DEVICE_LEFT_OUT = """for word do
  shift
  case $word in
    pvpanic-pci) set -- "$@" pci-testdev ;;
    *) set -- "$@" "$word" ;;
  esac
done
exec qemu-system-x86_64 "$@"
"""


def case_panic_only_on_the_console(box):
    """Twin: a guest that lives on, whatever it writes."""
    box.run_one(linux(box, type="panic", panic_command='echo "Kernel panic - not syncing: fake" > '
                                                       "/dev/console")).expect(
        1, "FAIL no-panic: vm1: the console tells of a panic, but the guest's shell still answers")


def case_panic_only_on_the_console_of_a_busy_guest(box):
    """Twin: the command itself is no reason for the shell's silence."""
    box.run_one(linux(box, type="panic", panic_command='echo "Kernel panic - not syncing: fake" > '
                                                       "/dev/console; sleep 100")).expect(
        1, "FAIL no-panic: vm1: the console tells of a panic, but the guest's shell still answers")


def case_no_panic(box):
    """Twin: a guest that does not panic."""
    box.run_one(fake(box, {}, type="panic", panic_command="true", panic_timeout="1")).expect(
        1, r"FAIL no-panic: vm1: no panic within 1 s \(panic_timeout\): seen by nothing, wanted: any")


def case_guest_command_script(box):
    """A script of the host runs in the guest, and what it leaves comes back byte for byte."""
    with open(box.path("script"), "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n# a 'comment' \"of\" $mine\nset -e\nmkdir -p '/tmp/a b'\n"
                   "dd if=/dev/urandom of=/tmp/big.bin bs=1k count=100 2>/dev/null\n"
                   "printf 'x\\0y' > '/tmp/a b/zero.log'; : > /tmp/empty.log\n"
                   "echo \"sum: $(md5sum < /tmp/big.bin)\"\n")
    outcome = box.run_one(linux(
        box, type="guest_command", guest_script="script", images_base_dir=box.directory,
        guest_command_expect="(?m)^sum: [0-9a-f]{32} ",
        guest_files="/tmp/*.bin /tmp/*.log /tmp/a*b/*.log /nowhere/*"))
    outcome.expect(0, r"PASS guest_command: guest_script succeeded in [0-9.]+ s")
    outcome.expect_text("guest_files: nothing matches /nowhere/*\n")
    files = os.path.join(outcome.directory, "guest-vm1", "tmp")
    with open(os.path.join(files, "big.bin"), "rb") as file:
        content = file.read()
    if len(content) != 102400 or hashlib.md5(content).hexdigest() not in outcome.out:
        raise Failure(f"{len(content)} bytes fetched\n{outcome.out}")
    for name, expected in (("empty.log", b""), ("a b/zero.log", b"x\0y")):
        with open(os.path.join(files, name), "rb") as file:
            expect_equal(file.read(), expected)


def case_guest_command_ends(box):
    """Twins, on a shell of this host: each end of a command has its verdict, and the files of a
    command that fails are collected as well."""
    box.environment["WHERE"] = box.directory
    command = 'echo "status $1"; echo kept > "$WHERE/kept.log"; exit $1'
    for status in ("0", "5", "77"):
        box.add(status, fake(box, {}, type="guest_command", guest_files='"$WHERE"/*.log',
                             guest_command=f"set -- {status}; {command}"))
    box.add("output", fake(box, {}, type="guest_command", guest_command="echo abc; echo bd",
                           guest_command_expect="b$"))
    # Ends of lines, as for grep; (?-m) makes them those of the whole.
    box.add("lines", fake(box, {}, type="guest_command", guest_command="echo abc; echo d; echo e",
                          guest_command_expect="^d$"))
    box.add("whole", fake(box, {}, type="guest_command", guest_command="echo abc; echo d; echo e",
                          guest_command_expect="(?-m)^d$"))
    box.run("0").expect(0, "PASS guest_command: guest_command succeeded in .*")
    failed = box.run("5").expect(1, "FAIL command-failed: vm1: guest_command ended with status 5")
    failed.expect_text("its output:\nstatus 5\n")
    expect_equal(failed.file("guest-vm1" + box.path("kept.log")), "kept\n")
    box.run("77").expect(77, "SKIP environment: vm1: guest_command skips the test")
    box.run("output").expect(
        1, r"FAIL wrong-output: vm1: 'b\$' is not in the output of guest_command")
    box.run("lines").expect(0, "PASS guest_command: .*")
    box.run("whole").expect(1, "FAIL wrong-output: vm1: .* is not in the output of guest_command")


def case_guest_command_long_script(box):
    """Longer than what a socket and qemu hold, which the guest takes at the pace of its port."""
    with open(box.path("script"), "w", encoding="utf-8") as file:
        for i in range(1500):
            file.write(f"# {i:<97} {'x' * 97}\n")
        file.write("echo the end; exit 6\n")
    outcome = box.run_one(linux(box, type="guest_command", guest_script="script",
                                images_base_dir=box.directory), timeout=200)
    outcome.expect(1, "FAIL command-failed: vm1: guest_script ended with status 6")
    outcome.expect_text("its output:\nthe end\n")


def case_guest_command_script_too_long_for_its_time(box):
    """The twin: what is said when the guest has not even taken all of it."""
    with open(box.path("script"), "w", encoding="utf-8") as file:
        file.write("# x\n" * 1000000)
    outcome = box.run_one(linux(box, type="guest_command", guest_script="script",
                                images_base_dir=box.directory, guest_command_timeout="2"), timeout=200)
    outcome.expect(1, r"FAIL shell-timeout: vm1: no answer from the guest's shell within 2 s "
                      r"\(guest_command_timeout\) to: # x # x .*\.\.\. \(4000000 bytes\) \(the guest "
                      r"has not taken all of it: [0-9]+ bytes are left\)")
    if len(outcome.out) > 20000:
        raise Failure(f"{len(outcome.out)} bytes of output")


def case_qemu_img(box):
    """Every subcommand on every format that has it."""
    need("qemu-img")
    for image_format in ("qcow2", "raw", "qed", "vdi", "vhdx", "vmdk", "vpc"):
        box.add(image_format, {"type": "qemu_img", "image_format": image_format,
                               "dest_image_format": "qcow2"})
        outcome = box.run(image_format)
        outcome.expect(0, f"PASS qemu_img: create, info, convert, .* of {image_format} images")
    box.expect_nothing_left()


def case_qemu_img_corrupt(box):
    """Twin: an image whose tables lead nowhere."""
    need("qemu-img")
    path = box.path("bad.qcow2")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-o", "preallocation=metadata", path,
                    "4M"], check=True)
    with open(path, "r+b") as file:
        file.seek(40)  # l1_table_offset
        file.seek(int.from_bytes(file.read(8), "big"))
        file.write((0x8000000040000000).to_bytes(8, "big"))
    before = digest(path)
    box.run_one({"type": "qemu_img", "subcommand": "check", "image_name": box.path("bad")}).expect(
        1, r"FAIL image-corrupt: qemu-img check of .*/bad\.qcow2: exit status 2: the image is damaged")
    expect_equal(digest(path), before)


def case_qemu_img_leaks(box):
    """Leaked clusters are told, but are no damage, here as elsewhere."""
    need("qemu-img")
    path = box.path("leaky.qcow2")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", path, "8M"], check=True)
    leak(path)
    box.run_one({"type": "qemu_img", "subcommand": "check", "image_name": box.path("leaky")}).expect(
        0, "PASS qemu_img: check of qcow2 images").expect_text(
        f"qemu-img check of {path}: clusters are leaked, which is no failure")


def lying_qemu_img(box, body):
    """A qemu-img that does `body` before, with "$@", the real one ends."""
    path = box.path("qemu-img")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\nfor last do :; done\n{body}\nexec qemu-img "$@"\n')
    os.chmod(path, stat.S_IRWXU)
    return path


def case_qemu_img_late(box):
    """Whose limit it was that a qemu-img did not keep."""
    params = {"type": "qemu_img", "subcommand": "create",
              "qemu_img_binary": lying_qemu_img(box, "exec sleep 100")}
    box.add("own", {**params, "qemu_img_timeout": "1"})
    box.add("test", params, timeout=2)
    box.run("own").expect(
        1, r"FAIL command-failed: qemu-img create did not end within 1 s \(qemu_img_timeout\)")
    box.run("test").expect(
        124, r"FAIL test-timeout: qemu-img create did not end within [0-9.]+ s \(then the time of the "
             r"whole test was up: timeout\)")


def case_qemu_img_lies(box):
    """Twins: one converts other data or more of them, one does not resize, one finds all images
    equal, one all images whole, one does not drop a snapshot."""
    need("qemu-img")
    rows = [("convert", 'case "$*" in *further.raw) qemu-img "$@"; printf x | '
             'dd of="$last" bs=1 seek=70000 conv=notrunc 2>/dev/null; exit ;; esac',
             "FAIL wrong-data: after a second convert the image has other contents than it should "
             "from byte 70000 on"),
            ("resize", '[ "$1" != resize ] || exit 0',
             "FAIL wrong-output: qemu-img info tells of format 'qcow2' and 16777216 bytes, not of "
             "'qcow2' and 17825792"),
            ("compare", '[ "$1" != compare ] || exit 0',
             "FAIL wrong-output: qemu-img compare ended with 0 for equal images and 0 for others, "
             "not with 0 and 1"),
            ("convert", 'case "$*" in *further.raw) qemu-img "$@"; truncate -s +1M "$last"; '
             'exit ;; esac',
             "FAIL wrong-data: after a second convert the image has 17825792 bytes, expected "
             "16777216"),
            ("check", '[ "$1" != check ] || exit 0',
             "FAIL wrong-output: qemu-img check ended with 0 for an image that is damaged, not with "
             "1 or 2"),
            ("snapshot", 'case "$*" in *" -d "*) exit ;; esac',
             r"FAIL wrong-output: after snapshot -d qemu-img info tells of the snapshots "
             r"\[.*\"name\":\"before\".*\], not of none"),
            ("snapshot", 'case "$*" in *" -c "*) exit ;; esac',
             r"FAIL wrong-output: after snapshot -c qemu-img info tells of the snapshots \[\], not of "
             "one: before"),
            ("create", '[ "$1" != create ] || { echo "no space" >&2; exit 1; }',
             "FAIL command-failed: qemu-img create ended with status 1")]
    for number, (subcommand, body, verdict) in enumerate(rows):
        name = f"{subcommand}-{number}"
        box.add(name, {"type": "qemu_img", "subcommand": subcommand,
                       "qemu_img_binary": lying_qemu_img(box, body)})
        box.run(name).expect(1, verdict)


def case_dump_guest_memory(box):
    box.run_one(linux(box, type="dump_guest_memory")).expect(
        0, r"PASS dump_guest_memory: dumped 12[0-9.]+ MiB in [0-9.]+ s \(elf\)")
    box.expect_nothing_left()


def case_dump_compressed(box):
    box.run_one(linux(box, type="dump_guest_memory", dump_format="kdump-zlib")).expect(
        0, r"PASS dump_guest_memory: dumped [0-9.]+ MiB in [0-9.]+ s \(kdump-zlib\)")


def dump_answers(**more):
    return {"query-dump-guest-memory-capability": {"return": {"formats": ["elf"]}},
            "query-memory-size-summary": {"return": {"base-memory": 1 << 20}},
            "dump-guest-memory": {"events": [["DUMP_COMPLETED", more]]}}


def case_dump_of_nothing(box):
    """Twins: qemu says that the dump is complete, but writes none; it says that it failed; and
    it lacks the format."""
    box.add("missing", fake(box, {}, type="dump_guest_memory"))
    box.add("format", fake(box, {}, type="dump_guest_memory", dump_format="kdump-zlib"))
    box.environment["FAKE_QEMU_ANSWERS"] = json.dumps(dump_answers())
    box.run("missing").expect(
        1, "FAIL bad-dump: vm1: the dump is not there: No such file or directory")
    box.run("format").expect(77, "SKIP environment: this qemu writes no dumps in format kdump-zlib")
    box.environment["FAKE_QEMU_ANSWERS"] = json.dumps(dump_answers(error="no space"))
    box.run("missing").expect(1, "FAIL bad-dump: vm1: the dump failed: no space")


def case_reboot_by_keys(box):
    box.run_one(linux(box, type="reboot", reboot_method="ctrl-alt-del")).expect(
        0, r"PASS reboot: rebooted in [0-9.]+ s \(ctrl-alt-del\)")


def case_reboot_without_keyboard(box):
    """Twin: nobody hears the keys."""
    box.run_one(linux(box, type="reboot", reboot_method="ctrl-alt-del", login_timeout="30",
                      machine_type="pc,i8042=off")).expect(
        1, r"FAIL reboot-timeout: vm1: the machine was not reset within 30 s \(login_timeout\)")


def case_stress_boot(box):
    outcome = box.run_one(linux(box, type="stress_boot", max_vms="3", mem="112",
                                alive_test_cmd="grep -q 52:54:00 /sys/class/net/eth0/address"),
                          timeout=150)
    outcome.expect(0, r"PASS stress_boot: 3 machines booted in [0-9.]+ s and answer")
    expect_equal([[vm["name"], vm["nics"][0]["mac"][-2:]] for vm in outcome.result()["vms"]],
                 [["vm1", "01"], ["vm1-2", "02"], ["vm1-3", "03"]])
    box.expect_nothing_left()


def case_stress_boot_wrong_card(box):
    """Twin: one of them has the card of another."""
    box.run_one(linux(box, type="stress_boot", mem="112", qemu_binary=wrapper(
        box, WRONG_CARD)), timeout=150).expect(
        1, "FAIL wrong-address: vm1-2: the guest has no network card with the address "
           "52:54:00:10:00:02 of nic1")


# "$@" with the first machine's address for all.
WRONG_CARD = """for word do
  shift
  case $word in
    *mac=52:54:00:10:00:02) set -- "$@" "${word%02}01" ;;
    *) set -- "$@" "$word" ;;
  esac
done
exec qemu-system-x86_64 "$@"
"""


def case_stress_boot_addresses(box):
    """As many as the plan gives, and no more."""
    box.ranges[0]["count"] = 3
    box.run_one(linux(box, type="stress_boot", max_vms="4")).expect(
        2, r"ERROR bad-params: the test has 4 network card\(s\), its queue 2 address\(es\)")


def case_timedrift(box):
    outcome = box.run_one(linux(box, type="timedrift", drift_seconds="5"))
    outcome.expect(0, r"PASS timedrift: [0-9.]+ s of the guest in [0-9.]+ s of the host .*")
    measured(outcome, "clock_drift_percent")


def case_timedrift_clock_set(box):
    """Twin: somebody sets the guest's clock meanwhile."""
    box.run_one(linux(box, type="timedrift", drift_seconds="2",
                      guest_load_command="date -s @1000000000")).expect(
        1, r"FAIL clock-drift: vm1: -[0-9.]+ s of the guest in [0-9.]+ s of the host .*, at most "
           r"10 % and [0-9.]+ s are allowed")


if __name__ == "__main__":
    sys.exit(guests.main(globals()))
