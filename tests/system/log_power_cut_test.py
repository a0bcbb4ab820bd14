"""The power goes while events are acknowledged: what was acknowledged is on the disk.

A file system of its own on a loop device. The broker is frozen at a random moment, its answers that are under way are
taken, and the file system is shut down without flushing its journal (EXT4_IOC_SHUTDOWN): what is not on the "disk" by then
is gone. A copy of the disk is mounted and a broker started on it. CELL0_TEST_POWER_CUTS (4) is how often.
"""
import fcntl
import os
import random
import shutil
import signal
import struct
import subprocess
import time

import pytest

from cell0_test import Fabric, wait_until
from cell0_test.acknowledged_emitter import AcknowledgedEmitter, chat_history, load_proto

CUTS = int(os.environ.get("CELL0_TEST_POWER_CUTS", "4"))
DISK_BYTES = 192 << 20
EXT4_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32)
NO_LOG_FLUSH = 2


def run(*command):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, check=False)


class Disk:
    """An ext4 in a file, mounted; its power can be cut."""

    def __init__(self, directory):
        self.mounted_at, self._directory, self._images = directory / "disk", directory, 0
        self.mounted_at.mkdir()
        self._image = directory / "image0"
        with open(self._image, "wb") as file:
            file.truncate(DISK_BYTES)
        self._must(run("mkfs.ext4", "-q", "-F", self._image), "mkfs.ext4")
        self._mount()

    @staticmethod
    def _must(done, what):
        if done.returncode != 0:
            pytest.skip(f"no ext4 on a loop device: {what}: {done.stderr.strip()}")

    def _mount(self):
        self._must(run("mount", "-o", "loop", self._image, self.mounted_at), "mount")

    def cut_power(self):
        handle = os.open(self.mounted_at, os.O_RDONLY)
        try:
            fcntl.ioctl(handle, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        except OSError as error:
            pytest.skip(f"EXT4_IOC_SHUTDOWN: {error}")
        finally:
            os.close(handle)

    def replace(self):
        """What was on the disk, as another machine would find it. REQUIRES: nobody uses it."""
        wait_until(lambda: run("umount", self.mounted_at).returncode == 0, "the disk to be unmounted")
        self._images += 1
        copy = self._directory / f"image{self._images}"
        shutil.copyfile(self._image, copy)
        self._image.unlink()
        self._image = copy
        self._mount()

    def close(self):
        run("umount", "-l", self.mounted_at)


@pytest.fixture
def disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("loop devices are for root")
    disk = Disk(tmp_path)
    yield disk
    disk.close()


def test_power_cuts_lose_nothing_acknowledged(tmp_path, disk):
    proto = load_proto(tmp_path)
    seed = int(os.environ.get("CELL0_TEST_SEED", random.randrange(1 << 30)))
    print(f"seed {seed}")
    chance = random.Random(seed)
    with Fabric(tmp_path) as fabric:
        fabric.state_dir = disk.mounted_at / "state"
        fabric.state_dir.mkdir()
        os.sync()  # the directory itself is older than the power cut
        broker = fabric.start_broker(broker__limits__ballast_bytes=1 << 20)
        emitters = [AcknowledgedEmitter(f"e{i}", fabric.endpoint("control"), proto) for i in range(4)]
        for _ in range(CUTS):
            before = sum(len(e.acknowledged) for e in emitters)
            wait_until(lambda: sum(len(e.acknowledged) for e in emitters) > before + 200, "events to be acknowledged")
            time.sleep(chance.uniform(0.0, 0.3))
            broker.signal(signal.SIGSTOP)
            time.sleep(0.3)  # what the broker has sent is on its way to the emitters
            disk.cut_power()
            broker.kill()
            disk.replace()
            broker.restart()
            wait_until(lambda: fabric._ready(broker, fabric.broker_admin_url), "the broker to be ready again")
        for emitter in emitters:
            emitter.finish(60)
        log = chat_history(fabric.endpoint("control"), proto)
    assert [s for s, _ in log] == sorted({s for s, _ in log}), "the log is out of order"
    seq_of = {text: seq for seq, text in log}
    assert len(seq_of) == len(log), "an event is in the log twice"
    for emitter in emitters:
        mine = [int(text.split(":")[1]) for _, text in log if text.startswith(emitter.name + ":")]
        assert mine == list(range(1, len(mine) + 1)), f"{emitter.name}: lost, or out of order"
        assert len(mine) >= max(emitter.acknowledged), f"{emitter.name}: acknowledged events are not in the log"
        told = {n: seq for n, seq in emitter.acknowledged.items() if seq}
        assert all(seq_of[f"{emitter.name}:{n}"] == seq for n, seq in told.items()), "a seq stands for another event"
    print(f"{CUTS} power cuts, {len(log)} events")
