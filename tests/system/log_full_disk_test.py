"""The disk of the log is full: nothing is acknowledged that is not kept, the rest goes on, and it recovers by itself."""
import os
import subprocess

import pytest

from cell0_test import Fabric, request, wait_until
from cell0_test.acknowledged_emitter import AcknowledgedEmitter, load_proto

DISK_BYTES = 48 << 20


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 48 MiB."""
    where = tmp_path / "disk"
    where.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", where], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no small file system: {done.stderr.strip()}")
    yield where
    subprocess.run(["umount", "-l", where], check=True)


@pytest.fixture
def fabric(tmp_path, small_disk):
    with Fabric(tmp_path) as fabric:
        fabric.state_dir = small_disk / "state"
        fabric.state_dir.mkdir()
        fabric.broker = fabric.start_broker(broker__limits__ballast_bytes=4 << 20)
        fabric.gateway = fabric.start_gateway()
        yield fabric


def free_bytes(path):
    about = os.statvfs(path)
    return about.f_bavail * about.f_frsize


def fill(path):
    """Somebody else's file takes all room that there is."""
    try:
        with open(path, "ab", buffering=0) as file:  # what a buffer still held would fail once more, in close()
            while free_bytes(path.parent) > 0:
                file.write(b"x" * 4096)
    except OSError:
        return


def metric(fabric, name):
    for line in request("GET", f"{fabric.broker_admin_url}/metrics").text.splitlines():
        if line.startswith(name + " "):
            return float(line.split()[1])
    raise AssertionError(f"no metric {name}")


def test_a_full_disk(fabric, small_disk, tmp_path):
    proto = load_proto(tmp_path)
    durable = AcknowledgedEmitter("durable", fabric.endpoint("control"), proto)
    ephemeral = AcknowledgedEmitter("ephemeral", fabric.endpoint("control"), proto, heartbeat=True)
    wait_until(lambda: len(durable.acknowledged) > 500, "events to be acknowledged")
    assert request("GET", f"{fabric.broker_admin_url}/readyz").status == 200

    # No room at all, and the ballast is taken, too, as soon as it is given back.
    others = small_disk / "others"
    fill(others)
    refused = durable.unavailable
    more = small_disk / "more"

    def squeezed():
        fill(more)
        return durable.unavailable > refused + 20

    wait_until(squeezed, "durable events to be refused", within=40)
    assert any("full" in text for text in durable.answers), durable.answers
    stuck_at, beats = len(durable.acknowledged), len(ephemeral.acknowledged)
    answer = wait_until(lambda: _not_ready(fabric, lambda: fill(more)), "readyz to say it")
    assert "full" in answer.text, answer.text
    page = fabric.get("/api/v1/events?types=chat_message&limit=10").json()
    assert len(page["events"]) == 10, "history can be read"
    wait_until(lambda: len(ephemeral.acknowledged) > beats + 50, "ephemeral events to go on")

    # The others leave: it goes on by itself, and the ballast is made again.
    others.unlink()
    more.unlink()
    wait_until(lambda: len(durable.acknowledged) > stuck_at + 500, "durable events to go on", within=30)
    wait_until(lambda: request("GET", f"{fabric.broker_admin_url}/readyz").status == 200, "the broker to be ready")
    wait_until(lambda: metric(fabric, "cell0_broker_log_ballast") == 1, "the ballast to be there again")
    durable.finish()
    ephemeral.stop()
    stored = _chat_numbers(fabric)
    assert stored == sorted(set(stored)), "out of order, or twice"
    kept = set(stored)
    missing = [n for n in durable.acknowledged if n not in kept]
    trimmed = metric(fabric, "cell0_broker_log_trimmed_events_total")
    assert len(missing) <= trimmed, f"{len(missing)} acknowledged events are gone, {trimmed:g} were trimmed"
    assert not missing or max(missing) < min(kept), "only the oldest may go"


def _not_ready(fabric, squeeze):
    squeeze()
    answer = request("GET", f"{fabric.broker_admin_url}/readyz")
    return answer if answer.status == 503 else None


def _chat_numbers(fabric):
    numbers, since = [], 0
    while True:
        page = fabric.get(f"/api/v1/events?types=chat_message&limit=1000&since={since}").json()
        numbers += [int(e["data"]["message"].split(":")[1]) for e in page["events"]]
        if not page["events"]:
            return numbers
        since = page["events"][-1]["seq"]
