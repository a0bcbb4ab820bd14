"""A log that cannot be used is refused with what to do, and left as it is; `cell0 log verify` names the place."""
import hashlib
import os
import subprocess

import pytest


def chat(text):
    return {"type": "chat_message", "source": "chat.general", "data": {"message": text, "sender": "tester"}}


def fill_and_stop(fabric, events=400):
    for start in range(0, events, 50):
        fabric.publish(*[chat(f"{n} " + "x" * 200) for n in range(start, start + 50)])
    fabric.gateway.stop()
    fabric.broker.stop()
    return fabric.state_dir / "log.db"


def start_and_fail(fabric):
    """What the broker prints, and its exit status."""
    before = len(fabric.broker.log())
    fabric.broker.start()
    status = fabric.broker.wait(15)
    return status, fabric.broker.log()[before:]


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def overwrite(path, offset, count):
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(b"\xA5" * count)


def cell0(fabric, *arguments):
    done = subprocess.run([fabric.bin_dir / "cell0", "log", *map(str, arguments)], capture_output=True, text=True,
                          timeout=60)
    return done.returncode, done.stdout + done.stderr


def test_a_damaged_header_is_refused_and_nothing_is_overwritten(fabric):
    path = fill_and_stop(fabric)
    overwrite(path, 0, 100)
    before = digest(path)
    status, said = start_and_fail(fabric)
    assert status == 2, said
    assert str(path) in said and "log verify" in said and "restore a backup" in said
    assert digest(path) == before


def test_verify_names_the_place_of_a_damaged_page(fabric):
    path = fill_and_stop(fabric)
    status, said = cell0(fabric, "verify", path)
    assert status == 0, said
    overwrite(path, 20 * 4096, 4096)
    status, said = cell0(fabric, "verify", path)
    assert status == 1, said
    assert "page 21" in said or "seq" in said, said


def test_a_log_that_cannot_be_written_is_refused(fabric):
    path = fill_and_stop(fabric)
    if os.geteuid() == 0:
        done = subprocess.run(["chattr", "+i", path], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"root writes everywhere, and here chattr +i does not work: {done.stderr.strip()}")
    else:
        path.chmod(0o444)
    try:
        status, said = start_and_fail(fabric)
        assert status == 2, said
        assert str(path) in said and "cannot be written" in said
    finally:
        if os.geteuid() == 0:
            subprocess.run(["chattr", "-i", path], check=True)


def test_a_newer_log_is_refused(fabric):
    path = fill_and_stop(fabric)
    subprocess.run(["/usr/bin/python3", "-c",
                    f"import sqlite3; c = sqlite3.connect({str(path)!r}); c.execute('PRAGMA user_version = 99')"],
                   check=True)
    status, said = start_and_fail(fabric)
    assert status == 2, said
    assert "newer cell0" in said
