#!/usr/bin/python3
"""What a delivery costs in the gateway, as a ratio to a thin epoll server that broadcasts the same bytes in the same run.

    tests/bench/fanout/run.py [--bin build/release/bin] [--repeat 3] [--clients 100,1000,5000]

Events come in batches of ten. Figures are CPU microseconds of the serving process per event and client, each a median of
interleaved runs; then the gateway's memory: empty, and per idle subscribed connection at 10,000.
Needs python3-zmq, python3-protobuf and protoc, as the tests do.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

import zmq  # noqa: E402
from cell0_test import Fabric  # noqa: E402
from cell0_test.ports import free_ports  # noqa: E402

PER_TURN = 10
TYPE = "bench.event"
# Events a second: about a million deliveries a second at most, which two cores can also receive.
RATES = {100: 1000, 1000: 500, 5000: 100}


def load_proto(directory):
    subprocess.run(["protoc", f"--python_out={directory}", f"-I{ROOT}/proto",
                    *map(str, sorted((ROOT / "proto/cell0/v1").glob("*.proto")))], check=True)
    sys.path.insert(0, directory)
    from cell0.v1 import control_pb2, event_pb2
    return control_pb2, event_pb2


class Publisher(threading.Thread):
    """Acknowledged batches of ten, at a steady rate, until stopped."""

    def __init__(self, protos, endpoint, rate, pad):
        super().__init__(daemon=True)
        self.control, self.event = protos
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.connect(endpoint)
        self.rate, self.pad, self.stopping = rate, pad, False

    def run(self):
        n, start, began = 1, time.time_ns() // 1000, time.monotonic()
        while not self.stopping:
            request = self.control.Request(id=n)
            request.publish.emitter_id, request.publish.incarnation = "bench", start
            request.publish.first_n, request.publish.answered_through = n, n - 1
            for i in range(PER_TURN):
                now = time.time_ns() // 1000
                envelope = self.event.Envelope(id=uuid.uuid4().bytes, type=TYPE, source="bench", time_us=now)
                envelope.json = json.dumps({"n": n + i, "sent_us": now, "pad": self.pad}, separators=(",", ":")).encode()
                request.publish.envelopes.append(envelope.SerializeToString())
            n += PER_TURN
            self.socket.send(request.SerializeToString())
            self.socket.recv()
            time.sleep(max(0.0, began + n / self.rate - time.monotonic()))
        self.socket.close()


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_bytes(pid):
    return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Load:
    """cell0-bench-load, from its first line (all connected) to its last (the figures)."""

    def __init__(self, bin_dir, port, clients, *more):
        self.process = subprocess.Popen([bin_dir / "cell0-bench-load", "--target", f"127.0.0.1:{port}", "--connections",
                                         str(clients), *more], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line, f"{clients} connections could not be opened"

    def finish(self):
        self.process.terminate()
        figures = json.loads(self.process.communicate()[0].splitlines()[-1])
        assert figures["duplicates"] == 0 and figures["failed"] == 0, figures
        return figures


def gateway_run(fabric, bin_dir, protos, clients, seconds):
    pid = fabric.gateway.pid
    load = Load(bin_dir, fabric.ports["cell0d"], clients, "--path", f"/?types={TYPE}", "--match", f'"type":"{TYPE}"',
                "--rate", "4000")
    publisher = Publisher(protos, fabric.endpoint("control"), RATES[clients], "x" * 30)
    before = cpu_seconds(pid)
    publisher.start()
    time.sleep(seconds)
    publisher.stopping = True
    publisher.join()
    time.sleep(2)  # for the last ones to arrive
    used = cpu_seconds(pid) - before
    figures = load.finish()
    assert figures["distinct_streams"] == 1, figures
    return used * 1e6 / figures["deliveries"], figures


def baseline_run(bin_dir, clients, seconds, bytes_per_event):
    port = free_ports(1)[0]
    server = subprocess.Popen([bin_dir / "cell0-bench-baseline", "--port", str(port), "--connections", str(clients),
                               "--rate", str(RATES[clients]), "--per-turn", str(PER_TURN), "--bytes",
                               str(bytes_per_event), "--duration", str(seconds)], stdout=subprocess.PIPE, text=True)
    server.stdout.readline()
    load = Load(bin_dir, port, clients, "--rate", "4000")
    answer = json.loads(server.communicate()[0].splitlines()[-1])
    load.finish()
    return answer["cpu_us_per_delivery"]


def measure_deliveries(bin_dir, protos, counts, repeat, seconds):
    for clients in counts:
        rows = []
        with tempfile.TemporaryDirectory() as directory, Fabric(directory, bin_dir) as fabric:
            fabric.start_broker()
            fabric.gateway = fabric.start_gateway()
            for _ in range(repeat):
                ours, figures = gateway_run(fabric, bin_dir, protos, clients, seconds)
                size = figures["bytes"] // figures["frames"] - 4  # of the JSON: the frame's header is four bytes
                rows.append((ours, baseline_run(bin_dir, clients, seconds, size)))
        ours, base = (statistics.median(column) for column in zip(*rows))
        ratio = statistics.median(a / b for a, b in rows)
        yield {"clients": clients, "events_per_s": RATES[clients], "gateway_us": round(ours, 3),
               "baseline_us": round(base, 3), "ratio": round(ratio, 2)}


def measure_memory(bin_dir, clients=10_000):
    with tempfile.TemporaryDirectory() as directory, Fabric(directory, bin_dir) as fabric:
        fabric.start_broker()
        pid = fabric.start_gateway().pid
        empty = rss_bytes(pid)
        load = Load(bin_dir, fabric.ports["cell0d"], clients, "--path", f"/?types={TYPE}", "--rate", "4000")
        time.sleep(3)
        full = rss_bytes(pid)
        load.finish()
    return {"empty_mb": round(empty / 1e6, 1), "connections": clients, "bytes_per_connection": (full - empty) // clients}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=ROOT / "build/release/bin", help="where the programs are")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--clients", default="100,1000,5000")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        protos = load_proto(directory)
        counts = [int(count) for count in options.clients.split(",")]
        for row in measure_deliveries(options.bin, protos, counts, options.repeat, options.seconds):
            print(json.dumps(row), flush=True)
    print(json.dumps(measure_memory(options.bin)), flush=True)


if __name__ == "__main__":
    main()
